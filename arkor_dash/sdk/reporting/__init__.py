"""From a call of `run.log` to an event that the Studio has stored."""
