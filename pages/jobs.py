"""Every job, searchable, filtered by status, refreshed by itself."""

import streamlit as st

from arkor_dash import ui

ui.shell()
ui.page_title("Jobs")

with st.container(border=True):
    ui.jobs_card()
ui.open_recording()
ui.job_editor()
