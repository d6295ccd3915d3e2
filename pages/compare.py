"""Several jobs side by side, live."""

import streamlit as st

from arkor_dash import ui

ui.shell()
ui.compare_page(st.query_params.get_all("job"))
