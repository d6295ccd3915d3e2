"""Components that run in the browser: their Python side, and their JavaScript in `js/`."""
