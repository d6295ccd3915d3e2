// The range in view of a chart. The page's address holds it, so that a reload and a shared link show the same: the title of
// the x axis, and then the name of each axis that was zoomed, with the ends of its range.

const ZOOMED = /^([xy])axis(\d*)\.(range|autorange)/;
const shownParts = new Map(); // which part of a page a parameter of its address is about

function rangeOf(axis) {
  if (!axis || axis.autorange !== false) return null;
  const [low, high] = axis.range.map((end) => axis.r2l(end)).sort((one, other) => one - other);
  return axis.type === "date" ? [unixMs(low), lastUnixMs(high)] : [low, high];
}

function readZoom({ zoom, part }) {
  const { searchParams } = new URL(location);
  const [title, ...entries] = (searchParams.get(zoom.parameter) ?? "").split("_");
  const jobs = ["id", "job"].flatMap((name) => searchParams.getAll(name));
  const key = JSON.stringify([zoom.parameter, location.pathname, jobs]);
  const isOther = shownParts.has(key) && shownParts.get(key) !== part;
  shownParts.set(key, part);
  if (isOther || title !== zoom.axis) return {};
  const found = {};
  for (; entries.length > 2; entries.splice(0, 3)) {
    const [name, ...ends] = entries;
    const range = ends.slice(0, 2).map(Number);
    if (/^[xy]\d*$/.test(name) && range.every(Number.isFinite) && range[0] < range[1]) found[name] = range;
  }
  return found;
}

function writeZoom({ data: { zoom }, ranges, reset }) {
  const entries = Object.entries(ranges).flatMap(([name, ends]) => [name, ...ends]);
  setParameters({ [zoom.parameter]: entries.length ? [[zoom.axis, ...entries].join("_")] : [] });
  if (reset) reset.hidden = !entries.length;
}

function axisOf(layout, name) {
  return layout[`${name[0]}axis${name.slice(1)}`];
}

// Show the range that the address holds.
async function restoreZoom(Plotly, state) {
  if (!state.data.zoom) return;
  state.ranges = {};
  state.revisions = {};
  const layout = state.node._fullLayout;
  const changes = {};
  for (const [name, ends] of Object.entries(readZoom(state.data))) {
    const axis = axisOf(layout, name);
    if (axis) changes[`${axis._name}.range`] = axis.type === "date" ? ends.map(dateOf) : ends;
  }
  if (Object.keys(changes).length) await Plotly.relayout(state.node, changes);
  else writeZoom(state);
}

// The viewer has zoomed, or shows the whole again.
function keepZoom(state, changes) {
  if (!state.data.zoom || !state.ranges) return;
  const layout = state.node._fullLayout;
  for (const key of Object.keys(changes)) {
    const [, letter, number] = key.match(ZOOMED) ?? [];
    if (!letter) continue;
    const axis = axisOf(layout, letter + number);
    const range = rangeOf(axis);
    if (range && !isGiven(state, axis)) state.ranges[letter + number] = range.map((end) => Number(end.toPrecision(12)));
    else delete state.ranges[letter + number];
    state.revisions[letter + number] = axis.uirevision;
  }
  writeZoom(state);
}

function resetZoom({ node, ranges, given }) {
  const axes = Object.keys(ranges).map((name) => axisOf(node._fullLayout, name)._name);
  const changes = axes.map((axis) => (given[axis] ? [`${axis}.range`, given[axis]] : [`${axis}.autorange`, true]));
  if (changes.length) window.Plotly.relayout(node, Object.fromEntries(changes));
}

// Multiply the range of the x axis. What is read, or else the middle, stays where it is.
function zoomBy({ node, at }, factor) {
  const { xaxis } = node._fullLayout;
  const [low, high] = xaxis.range.map((end) => xaxis.r2l(end));
  const middle = at === null ? (low + high) / 2 : xaxis.d2l(at);
  const [first, last] = node.layout.xaxis.autorangeoptions.include.map((end) => xaxis.r2l(end));
  const span = (high - low) * factor;
  if (span >= last - first) {
    if (factor > 1) window.Plotly.relayout(node, { "xaxis.autorange": true });
    return;
  }
  const start = Math.min(last - span, Math.max(first, middle - (middle - low) * factor));
  if (start < start + span) window.Plotly.relayout(node, { "xaxis.range": [start, start + span].map((end) => xaxis.l2r(end)) });
}

// Whether the figure itself asks for this range.
function isGiven({ given }, axis) {
  const ends = given[axis._name];
  return Boolean(ends) && ends.every((end, i) => Math.abs(end - axis.range[i]) <= 1e-9 * Math.abs(end));
}

// A layout that is about to be drawn. Plotly then writes the ranges in view into it. A zoom on another scale is dropped.
function noteLayout(state, layout) {
  const axes = Object.entries(layout).filter(([name, axis]) => /^[xy]axis/.test(name) && axis.range);
  state.given = Object.fromEntries(axes.map(([name, axis]) => [name, [...axis.range]]));
  const old = Object.keys(state.ranges ?? {}).filter((name) => axisOf(layout, name)?.uirevision !== state.revisions[name]);
  for (const name of old) delete state.ranges[name];
  if (old.length) writeZoom(state);
}
