// A Plotly chart. Each update is a Plotly.react on the same node, so zoom and hover survive it.
// The range in view is reported to Python, which then sends more points for it, and so is a click on a point.

const charts = new WeakMap();

function isDark(node) {
  return getComputedStyle(node).colorScheme.startsWith("dark");
}

function coloured(figure, dark) {
  const inDark = new Map(Object.entries(dark)); // not the object itself: a run may be called "constructor"
  return JSON.parse(JSON.stringify(figure), (_, value) => inDark.get(value) ?? value);
}

function rangeOf(axis) {
  if (!axis || axis.autorange !== false) return null;
  return axis.range.map((end) => (axis.type === "date" ? unixMs(axis.r2l(end)) : axis.r2l(end)));
}

// Plotly shows Unix milliseconds in local time, and calculates with that time as if it were UTC.
function unixMs(localMs) {
  return Date.parse(new Date(localMs).toISOString().slice(0, -1)); // without the Z, it is read as local time
}

async function draw(node, state, setStateValue, setTriggerValue) {
  const Plotly = await loadPlotly(state.data.library);
  const dark = isDark(node);
  if (!node.isConnected || (state.drawn === state.data && state.dark === dark)) return;
  const first = !state.drawn;
  Object.assign(state, { drawn: state.data, dark });
  const figure = coloured(state.data.figure, dark ? state.data.dark : {});
  await Plotly.react(node, figure.data, figure.layout, state.data.config);
  node.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true")); // the label describes the chart
  if (!first) return;
  let timer = 0;
  const report = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!node.isConnected || !node._fullLayout) return; // the chart has left the page
      const view = { x: rangeOf(node._fullLayout.xaxis), width: Math.round(node.clientWidth) };
      const text = JSON.stringify(view);
      if (text !== state.view) setStateValue("view", JSON.parse((state.view = text)));
    }, 150);
  };
  node.on("plotly_relayout", report);
  // The small charts of metrics show their values at the same place.
  const point = (at) => window.dispatchEvent(new CustomEvent("arkor-point", { detail: at }));
  node.on("plotly_hover", ({ points }) => {
    const { x, xaxis } = points[0];
    point(xaxis.type === "date" ? unixMs(xaxis.d2c(x)) : x);
  });
  node.on("plotly_unhover", () => point(null));
  node.on("plotly_click", ({ points }) => {
    if (state.data.clickable) setTriggerValue("clicked", points[0].customdata);
  });
  state.resized = new ResizeObserver(() => {
    if (!node.isConnected || !node.clientWidth || !node._fullLayout) return;
    Plotly.Plots.resize(node);
    report();
  });
  state.resized.observe(node);
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const node = parentElement.querySelector(".arkor-plot");
  const problem = parentElement.querySelector(".arkor-plot-problem");
  let state = charts.get(parentElement);
  if (!state) charts.set(parentElement, (state = { drawn: null, view: null }));
  state.data = data;
  node.setAttribute("aria-label", data.alt);
  draw(node, state, setStateValue, setTriggerValue).then(
    () => (problem.textContent = ""),
    (error) => (problem.textContent = `The chart can't be drawn: ${error.message}`),
  );
  return () => {
    if (node.isConnected) return; // Streamlit also calls this for an update that was replaced by a newer one
    state.resized?.disconnect();
    window.Plotly?.purge(node);
    charts.delete(parentElement);
  };
}
