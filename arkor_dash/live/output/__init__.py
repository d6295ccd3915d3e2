"""One run's output."""
