"""A long run of real feeds against a server that breaks a stream every few seconds."""
