"""A job in one file."""
