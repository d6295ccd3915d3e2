"""Migrations of the database's schema, run by Alembic.

To change the schema: change the tables in `database.py`, add a module with the next number to `versions/`, and
add its revision to `REVISIONS` in `schema.py`. A new database is created from the tables, without migrations. The
tests check that both ways lead to the same schema.
"""
