"""What a run records about itself: its environment, and how it uses its machine."""
