"""Start a run, follow it and its output, and see the latest jobs."""

import streamlit as st

from arkor_dash import ui

ui.shell()
ui.page_title("Overview")

with st.container(key="overview"):
    run, current = st.columns(2, gap="medium")
with current, st.container(key="overview_current"):  # on a phone, it comes first
    ui.current_run()
with run:
    with st.container(border=True, key="overview_run"):
        ui.heading("Run training")
        ui.run_panel()
    with st.container(border=True, key="overview_recent"):
        ui.heading("Recent jobs")
        ui.recent_jobs()
        st.page_link("pages/jobs.py", label="All jobs", icon=":material/list:")
with current, st.container(key="overview_report"):
    ui.report_card()
