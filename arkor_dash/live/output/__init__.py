"""The output of one run, read once for all viewers."""
