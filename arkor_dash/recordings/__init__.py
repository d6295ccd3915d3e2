"""The file format of recordings, each of which holds one job, and their storage."""
