"""The page that compares jobs."""
