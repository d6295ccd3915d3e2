"""From a call of `run.log`, or a `print`, to what the Studio has stored."""
