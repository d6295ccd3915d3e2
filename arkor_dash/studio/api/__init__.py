"""The HTTP API of the Studio."""
