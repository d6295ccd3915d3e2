"""What the Studio answers."""
