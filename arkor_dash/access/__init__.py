"""Who may start and cancel runs."""
