"""Add the curve of a metric in a few points. Older jobs have none, since their events may be in columns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("metrics", sa.Column("curve", sa.Text))
