"""One reader per job, list and run, for all viewers."""
