"""One job, live: its state, loss curve, statistics, events and metadata."""

import streamlit as st

from arkor_dash import ui

ui.shell()
ui.job_page(st.query_params.get("id"))
