"""The points in view, then the Plotly figure."""
