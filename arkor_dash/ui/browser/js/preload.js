// Nothing to see: plotly.js begins to load, before the chart that draws with it is there.

export default function ({ data }) {
  library(data.library).catch(() => {}); // the chart tries again, and tells
}
