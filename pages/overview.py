"""Start a run, follow its output, and see the latest jobs."""

import streamlit as st

from arkor_dash import ui

ui.shell()
ui.page_title("Overview")

panel, latest = st.columns([3, 2], gap="medium")
with latest:
    with st.container(border=True):
        ui.heading("Recent jobs")
        ui.recent_jobs()
        st.page_link("pages/jobs.py", label="All jobs", icon=":material/list:")
    ui.links()
with panel, st.container(border=True):
    ui.heading("Run training")
    ui.run_panel()
