// Shows nothing. Starts to load plotly.js before a chart needs it.

export default function ({ data }) {
  loadPlotly(data.library).catch(() => {}); // the chart tries again, and shows the error
}
