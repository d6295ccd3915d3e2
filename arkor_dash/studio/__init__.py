"""The embedded Studio: a server on loopback that runs a project's trainer and keeps its jobs."""
