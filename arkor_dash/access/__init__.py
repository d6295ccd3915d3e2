"""Who may open the dashboard, and who may start and cancel runs."""
