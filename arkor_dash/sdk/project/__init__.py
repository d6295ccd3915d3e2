"""A Python project on disk."""
