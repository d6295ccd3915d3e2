"""The dashboard: `streamlit run streamlit_app.py`."""

from arkor_dash import ui

ui.shell().run()
