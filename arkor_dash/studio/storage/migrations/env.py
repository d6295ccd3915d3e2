"""Run by Alembic: migrates on the connection, and in the transaction, that `schema.py` hands over."""

from __future__ import annotations

from alembic import context

from arkor_dash.studio.storage.database import METADATA
from arkor_dash.studio.storage.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
