"""One job, live: its state, loss curve, statistics, events and metadata."""

from arkor_dash import ui

ui.shell()
ui.job_page(ui.job_in_address())
