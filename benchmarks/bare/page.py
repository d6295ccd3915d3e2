"""A Streamlit page with one chart and nothing else, which the job page is compared with."""

import math

import plotly.graph_objects as go
import streamlit as st

losses = [0.5 + 2.5 * math.exp(-step / 170) + 0.05 * math.sin(7 * step) for step in range(1, 501)]
st.plotly_chart(go.Figure(go.Scatter(y=losses)))
