"""What the dashboard costs, measured as a browser or another client meets it: `python -m benchmarks`."""
