"""The points of a view, then the figure."""
