"""What is configured: environment, secrets, defaults."""
