"""Add the summaries of the metrics of each job. They are filled later: that takes too long for the start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("summarized_seq", sa.BigInteger))
    op.create_table(
        "metrics",
        sa.Column("job_id", sa.String(64), sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("last", sa.Float),
        sa.Column("lowest", sa.Float),
        sa.Column("highest", sa.Float),
        sa.PrimaryKeyConstraint("job_id", "name"),
        sqlite_with_rowid=False,
    )
    op.create_index("metrics_by_name", "metrics", ["name"])
