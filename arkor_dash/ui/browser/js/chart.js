// One Plotly drawing that lives as long as its place on the page: each update is a Plotly.react of the same node,
// so zoom, hover and the drawing itself survive. The range in view goes back to Python, which sends its detail.

const charts = new WeakMap();

function isDark(node) {
  return getComputedStyle(node).colorScheme.startsWith("dark");
}

function coloured(figure, dark) {
  return JSON.parse(JSON.stringify(figure), (_, value) => (typeof value === "string" && dark[value]) || value);
}

function rangeOf(axis) {
  return axis && axis.autorange === false ? axis.range.map(axis.r2l) : null;
}

async function draw(node, state, setStateValue) {
  const Plotly = await library(state.data.library);
  const dark = isDark(node);
  if (!node.isConnected || (state.drawn === state.data && state.dark === dark)) return;
  const first = !state.drawn;
  Object.assign(state, { drawn: state.data, dark });
  const figure = coloured(state.data.figure, dark ? state.data.dark : {});
  await Plotly.react(node, figure.data, figure.layout, state.data.config);
  node.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true")); // the label says it
  if (!first) return;
  let timer = 0;
  const report = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!node.isConnected || !node._fullLayout) return; // gone meanwhile
      const view = { x: rangeOf(node._fullLayout.xaxis), width: Math.round(node.clientWidth) };
      const text = JSON.stringify(view);
      if (text !== state.view) setStateValue("view", JSON.parse((state.view = text)));
    }, 150);
  };
  node.on("plotly_relayout", report);
  state.resized = new ResizeObserver(() => {
    if (!node.isConnected || !node.clientWidth || !node._fullLayout) return;
    Plotly.Plots.resize(node);
    report();
  });
  state.resized.observe(node);
}

export default function ({ data, parentElement, setStateValue }) {
  const node = parentElement.querySelector(".arkor-plot");
  const problem = parentElement.querySelector(".arkor-plot-problem");
  let state = charts.get(parentElement);
  if (!state) charts.set(parentElement, (state = { drawn: null, view: null }));
  state.data = data;
  node.setAttribute("aria-label", data.alt);
  draw(node, state, setStateValue).then(
    () => (problem.textContent = ""),
    (error) => (problem.textContent = `The chart can't be drawn: ${error.message}`),
  );
  return () => {
    if (node.isConnected) return; // Streamlit calls this for an update that a newer one overtook, too
    state.resized?.disconnect();
    window.Plotly?.purge(node);
    charts.delete(parentElement);
  };
}
