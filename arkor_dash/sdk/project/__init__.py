"""A Python project on disk: its snapshot and what it exports."""
