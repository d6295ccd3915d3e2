"""One job's page, a file a card."""
