"""How events reach the Studio, and are not lost on the way."""
