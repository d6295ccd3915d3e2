"""What the Studio runs."""
