"""Add what people can add to a job: a name, tags, notes, and that it is archived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("given_name", sa.Text))
    op.add_column("jobs", sa.Column("tags", sa.Text))
    op.add_column("jobs", sa.Column("notes", sa.Text))
    op.add_column("jobs", sa.Column("archived_at_ms", sa.BigInteger))
