// A Plotly chart. Each drawing is a Plotly.react on the same node, so zoom and hover survive it.
// The range in view is reported to Python, which then sends more points for it, and so is a click on a point.

const charts = new WeakMap(); // by the component's element
const received = new Map(); // the points of each view; they outlive the component's element
const MOST_VIEWS = 4; // of which the points are kept
const GAP_MS = 500; // for so long, a message that others need may just be late
const RETRY_MS = 2000;
const [SMALLEST_MARKER_PX, LARGEST_MARKER_PX] = [3, 6];
const MARKER_ROOM_PX = 12; // the mean distance of two markers, at least

function isDark(node) {
  return getComputedStyle(node).colorScheme.startsWith("dark");
}

// A copy of the figure in the colours of the theme. Its columns of numbers are not copied.
function coloured(figure, dark) {
  const inDark = new Map(Object.entries(dark)); // not the object itself: a run may be called "constructor"
  const copy = (value) => {
    if (Array.isArray(value)) return value.length && typeof value[0] !== "object" ? value.map(recolour) : value.map(copy);
    if (value === null || typeof value !== "object") return recolour(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, COLUMNS.includes(key) ? each : copy(each)]),
    );
  };
  const inText = (text) => text.replace(/(?<=<span style="color:)#\w+/g, (found) => inDark.get(found) ?? found);
  const recolour = (value) => inDark.get(value) ?? (typeof value === "string" ? inText(value) : value);
  return copy(figure);
}

// The more points a line has, the smaller its markers, and the fewer of them: other lines stay visible behind them.
function thinMarkers(trace, width) {
  if (trace.mode !== "lines+markers") return;
  const room = width / trace.x.length;
  const size = Math.min(LARGEST_MARKER_PX, Math.max(SMALLEST_MARKER_PX, room / 2));
  trace.marker = { ...trace.marker, size, maxdisplayed: Math.max(1, Math.ceil(width / MARKER_ROOM_PX)) };
}

function pointsOf(view) {
  const points = received.get(view) ?? newPoints();
  received.delete(view);
  received.set(view, points); // the newest one is the last
  if (received.size > MOST_VIEWS) received.delete(received.keys().next().value);
  return points;
}

function receive(state, message) {
  const points = pointsOf(message.view);
  const added = receivePoints(points, message);
  if (points.waiting.length) requestMissing(state, points, GAP_MS);
  if (added && message.view === state.view) drawSoon(state.pace, added);
}

// A figure that is replaced as a whole. A null hides the chart.
function showWhole(state, newest) {
  if (state.whole === newest) return;
  state.whole = newest;
  drawSoon(state.pace);
}

function requestMissing(state, points, after) {
  points.timer ||= setTimeout(() => {
    points.timer = 0;
    if (!points.waiting.length || points !== received.get(state.view) || !state.node.isConnected) return;
    state.setTriggerValue("resend", `${state.view} ${(points.requests = (points.requests ?? 0) + 1)}`);
    requestMissing(state, points, RETRY_MS); // the request or its answer may be lost
  }, after);
}

// The traces without their points, in the colours of the theme.
function stylesOf(state) {
  const points = received.get(state.view);
  if (!points?.shown) return [];
  const growing = [...points.traces.values()].map(({ style }) => style);
  const data = [...growing, ...points.rest.traces];
  return coloured({ data }, isDark(state.node) ? state.data.dark : {}).data;
}

async function draw(state) {
  const { node, problem, data } = state;
  const hideIfEmpty = () => (node.hidden = Boolean(state.whole && !state.whole.figure_as_whole));
  try {
    if (hideIfEmpty()) return; // nothing has to be loaded, either
    if (!state.shown) noteShown(state, stylesOf(state));
    const Plotly = await loadPlotly(data.library);
    const points = received.get(state.view);
    const figure = state.whole ? state.whole.figure_as_whole : points?.shown && figureOf(points);
    if (!node.isConnected || hideIfEmpty() || !figure) return;
    node.setAttribute("aria-label", (state.whole ?? points.shown).alt);
    const { data: traces, layout } = coloured(figure, isDark(node) ? data.dark : {});
    traces.forEach((trace) => thinMarkers(trace, node.clientWidth));
    hideTraces(state, traces, layout);
    noteLayout(state, layout);
    const drawing = Plotly.react(node, traces, layout, data.config);
    noteShown(state, traces);
    await drawing;
    node.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true")); // the label describes the chart
    if (!state.resized) {
      followViewer(Plotly, state);
      await restoreZoom(Plotly, state);
    }
    problem.textContent = "";
  } catch (error) {
    problem.textContent = `The chart can't be drawn: ${error.message}`;
  }
}

// The head says what is drawn. It changes together with the chart.
function noteShown(state, traces) {
  const { head } = state.data;
  const points = received.get(state.view);
  if (!head || !points?.shown) return;
  const legend = points.rest.layout.showlegend ? [] : legendOf(traces, head.heading);
  state.shown = { note: points.shown.note, legend };
  showHead(state);
}

function followViewer(Plotly, state) {
  const { node } = state;
  let timer = 0;
  const report = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!node.isConnected || !node._fullLayout) return; // the chart has left the page
      if (state.whole) return; // it has no view that Python needs to know
      const view = { x: rangeOf(node._fullLayout.xaxis), width: Math.round(node.clientWidth) };
      const text = JSON.stringify(view);
      if (text !== state.reported) state.setStateValue("view", JSON.parse((state.reported = text)));
    }, 150);
  };
  node.on("plotly_relayout", (changes) => {
    keepZoom(state, changes);
    report();
  });
  node.on("plotly_restyle", () => keepHidden(state));
  followPointer(state);
  node.on("plotly_click", ({ points }) => {
    if (state.whole) state.setTriggerValue("clicked", points[0].customdata);
  });
  state.resized = new ResizeObserver(() => {
    if (!node.isConnected || !node.clientWidth || !node._fullLayout) return;
    Plotly.Plots.resize(node);
    report();
  });
  state.resized.observe(node);
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let state = charts.get(parentElement);
  if (!state) {
    const node = parentElement.querySelector(".arkor-plot");
    const problem = parentElement.querySelector(".arkor-plot-problem");
    const [said, reset] = [".arkor-reading", ".arkor-reset"].map((name) => parentElement.querySelector(name));
    state = { node, problem, said, reset, data, reported: null, at: null, hidden: readHidden(data) };
    state.pace = newPace(() => draw(state));
    if (data.zoom) followKeys(state);
    if (reset) reset.onclick = () => resetZoom(state);
    charts.set(parentElement, state);
  }
  const head = JSON.stringify(data.head);
  const isAnother = state.view !== data.view || state.dark !== isDark(state.node) || state.head !== head;
  Object.assign(state, { data, head, view: data.view, dark: isDark(state.node), setStateValue, setTriggerValue });
  if ("figure_as_whole" in data) live.showNewest(data, (newest) => showWhole(state, newest));
  else live.show(data, (message) => receive(state, message));
  if (isAnother) drawNow(state.pace);
  return () => {
    if (state.node.isConnected) return; // Streamlit also calls this for an update that was replaced by a newer one
    state.resized?.disconnect();
    state.reading?.disconnect();
    window.Plotly?.purge(state.node);
    charts.delete(parentElement);
  };
}
