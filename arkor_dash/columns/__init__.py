"""A job's events in columns, as the Studio stores and serves them."""
