// The keyboard on a chart: the arrows read its points one after the other, + and - zoom, 0 shows the whole, and Escape ends
// the reading.

const WAYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const FAR = 10; // points, with the shift key
const KEYS = "Left and Right read its points, with Shift ten at a time, Home and End the first and the last one. + and - zoom, 0 shows all.";

function followKeys(state) {
  const { node } = state;
  node.tabIndex = 0;
  node.setAttribute("role", "application"); // a screen reader leaves the keys to the chart
  node.setAttribute("aria-roledescription", "chart");
  node.setAttribute("aria-description", KEYS);
  node.onkeydown = (event) => {
    if (event.target !== node || event.ctrlKey || event.metaKey || event.altKey || !node._fullLayout) return;
    if (handleKey(state, event)) event.preventDefault();
  };
  node.onblur = () => endReading(state);
}

function handleKey(state, { key, shiftKey }) {
  if (key in WAYS) readOn(state, WAYS[key] * (shiftKey ? FAR : 1));
  else if (key === "+" || key === "=") zoomBy(state, 1 / 2);
  else if (key === "-") zoomBy(state, 2);
  else if (key === "0") resetZoom(state);
  else if (key === "Escape" && state.reading) endReading(state);
  else return false;
  return true;
}

// The places in view that have a label, in order. Of labels at one place of an axis the last one counts, as for the pointer.
function placesOf({ _fullData, _fullLayout: { xaxis } }) {
  const found = new Map();
  _fullData.forEach(({ hovertemplate, x, yaxis }, curveNumber) => {
    if (!hovertemplate) return;
    x.forEach((at, pointNumber) => {
      const px = xaxis.d2p(at);
      if (px < -0.5 || px > xaxis._length + 0.5) return;
      if (!found.has(at)) found.set(at, new Map());
      found.get(at).set(yaxis, { curveNumber, pointNumber });
    });
  });
  return [...found].sort(([one], [other]) => one - other).map(([at, labels]) => ({ at, labels: [...labels.values()] }));
}

function closest(places, at) {
  const before = Math.max(0, lastUpTo(places.map((place) => place.at), at));
  return before + 1 < places.length && places[before + 1].at - at < at - places[before].at ? before + 1 : before;
}

function readOn(state, way) {
  const places = placesOf(state.node);
  if (!places.length) return;
  const from = state.at !== null ? closest(places, state.at) : way > 0 ? -1 : places.length;
  const to = places[Math.min(places.length - 1, Math.max(0, from + way))];
  if (!state.reading) {
    state.reading = new MutationObserver(() => sayLabels(state)); // Plotly draws a label later if it has just drawn one
    state.reading.observe(state.node.querySelector(".hoverlayer"), { childList: true, subtree: true });
  }
  pointTo(state, to.at);
  showLabels(state, to);
}

function showLabels({ node }, { labels }) {
  node._fullLayout._rehover = null; // or else Plotly shows the label at a resting pointer after the next drawing
  window.Plotly.Fx.hover(node, labels);
}

// The chart was drawn: the place that is read may have moved, and its label has another number.
function keepReading(state) {
  const places = state.reading ? placesOf(state.node) : [];
  if (places.length) showLabels(state, places[closest(places, state.at)]);
}

function sayLabels({ node, said }) {
  const labels = [...node.querySelectorAll(".hoverlayer .nums")].map((label) => {
    const lines = [...label.querySelectorAll(".line")].map((line) => line.textContent);
    return lines.length ? lines.join(", ") : label.textContent;
  });
  if (labels.length) showText(said, labels.join(". "));
}

function stopReading(state) {
  if (!state.reading) return;
  state.reading.disconnect();
  state.reading = null;
  showText(state.said, "");
}

function endReading(state) {
  if (!state.reading) return;
  stopReading(state);
  if (state.node._fullLayout) window.Plotly.Fx.unhover(state.node);
  pointTo(state, null);
}
