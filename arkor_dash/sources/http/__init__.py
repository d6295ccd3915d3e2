"""Talking HTTP, and every way it fails."""
