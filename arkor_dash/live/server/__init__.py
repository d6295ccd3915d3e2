"""What the dashboard adds to the server of Streamlit: guards, pushed updates, files sent at once, and mends."""
