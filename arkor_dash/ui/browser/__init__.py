"""The components that run in the browser, and their JavaScript."""
