"""The settings, from the environment, the secrets and the defaults."""
