"""A job as files."""
