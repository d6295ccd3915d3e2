"""A long run of real feeds against a server with a fault every few seconds."""
