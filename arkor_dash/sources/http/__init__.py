"""HTTP requests and event streams, and every way they fail."""
