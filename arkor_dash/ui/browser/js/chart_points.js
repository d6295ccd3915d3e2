// What a chart has received: a figure, and the points that were added to it. Messages may come twice, late, in another
// order, or never. Each names the figure (`base`) to which it adds, the update after which its points begin (`since`)
// and the one with which they end (`number`).

const NUMBERS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, i4: Int32Array };
const COLUMNS = ["x", "y", "customdata"];
const MOST_WAITING = 50; // messages that wait for an earlier one; what is missed beyond that is requested again

function numbers(sent) {
  if (Array.isArray(sent)) return sent;
  const { dtype, bdata, shape } = sent;
  const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
  const all = Array.from(new NUMBERS[dtype](bytes.buffer));
  if (!shape) return all;
  const [rows, columns] = shape.split(",").map(Number);
  return Array.from({ length: rows }, (_, row) => all.slice(row * columns, (row + 1) * columns));
}

function newPoints() {
  return { base: 0, number: 0, traces: new Map(), shown: null, rest: null, waiting: [] };
}

function splitTrace(trace) {
  const style = { ...trace };
  const columns = {};
  for (const name of COLUMNS.filter((each) => each in style)) {
    columns[name] = numbers(style[name]);
    delete style[name];
  }
  return { style, columns };
}

// Returns whether the message is done with: false if it needs an earlier one that has not come yet.
function take(points, message) {
  if (message.base < points.base || (message.base === points.base && message.number <= points.number)) return true;
  if (message.base > points.base) {
    if (!message.figure) return false;
    const traces = message.figure.map((trace) => [trace.uid, splitTrace(trace)]);
    Object.assign(points, { base: message.base, number: 0, traces: new Map(traces) });
  }
  if (message.since > points.number) return false;
  for (const [uid, { from, style, ...sent }] of Object.entries(message.added)) {
    if (!points.traces.has(uid)) points.traces.set(uid, { style, columns: { x: [], y: [], customdata: [] } });
    const { columns } = points.traces.get(uid);
    const known = columns.x.length - from;
    for (const name of Object.keys(sent)) columns[name].push(...numbers(sent[name]).slice(known));
  }
  points.number = message.number;
  points.shown = message;
  points.rest = message.rest ?? points.rest;
  return true;
}

function count({ traces }) {
  return [...traces.values()].reduce((sum, { columns }) => sum + columns.x.length, 0);
}

// Returns how many points have come, at least 1 if the chart has changed otherwise, and 0 if it has not.
function receivePoints(points, message) {
  const { base, number } = points;
  const before = count(points);
  points.waiting.push(message);
  for (let waited = Infinity; points.waiting.length < waited; ) {
    waited = points.waiting.length;
    points.waiting = points.waiting.filter((each) => !take(points, each));
  }
  points.waiting.splice(0, points.waiting.length - MOST_WAITING);
  return points.base === base && points.number === number ? 0 : Math.max(1, count(points) - before);
}

// The columns are copies: Plotly keeps them, and would draw what is added to them when the viewer zooms.
function figureOf({ traces, rest, shown }) {
  const copied = (columns) => Object.entries(columns).map(([name, values]) => [name, values.slice()]);
  const growing = [...traces.values()].map(({ style, columns }) => ({ ...style, ...Object.fromEntries(copied(columns)) }));
  growing.sort((one, other) => (one.uid < other.uid ? -1 : 1));
  const isTime = rest.layout.xaxis.type === "date"; // of which plotly.js takes numbers here for UTC
  const include = isTime ? shown.extent.map(dateOf) : shown.extent;
  const xaxis = { ...rest.layout.xaxis, autorangeoptions: { include, clipmin: include[0] } };
  return { data: [...growing, ...rest.traces], layout: { ...rest.layout, xaxis } };
}
