"""The database of jobs and events."""
