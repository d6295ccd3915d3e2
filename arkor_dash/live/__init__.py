"""One reader per job, list and run, shared by all viewers."""
