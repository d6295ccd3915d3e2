"""The components, and their JavaScript."""
