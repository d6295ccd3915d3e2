"""The page of one job, one card per file."""
