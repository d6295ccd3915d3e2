"""The file format that holds one job."""
