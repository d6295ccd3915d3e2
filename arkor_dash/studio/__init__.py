"""The embedded Studio: a server process that runs trainings."""
