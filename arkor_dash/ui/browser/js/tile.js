// One small chart: its nodes, its line, and the texts of its values. All text is set as textContent.

const HEIGHT = 56;
const ROOM = 4; // above and below the line

function grouped(text) {
  const [whole, ...fraction] = text.split(".");
  return [Number(whole).toLocaleString("en"), ...fraction].join(".");
}

// As `short_value` in Python.
function shortValue(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const text = value && (size < 0.01 || size >= 1e12) ? value.toExponential(4) : grouped(value.toFixed(4));
  const [digits, ...exponent] = text.split("e");
  return [digits.replace(/\.?0+$/, "").replace(/^-0$/, "0"), ...exponent].join("e");
}

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 9 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function endLabel(value, digits) {
  const size = Math.abs(value);
  if (value && size < 0.01) return value.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return size < 1e6 || digits > 3 ? short.format(Number(value.toPrecision(digits))) : compact.format(value);
}

// The ends of an axis, with three digits, or as many as tell them apart.
function endLabels(ends) {
  let digits = 3;
  while (digits < 9 && endLabel(ends[0], digits) === endLabel(ends[1], digits)) digits += 1;
  return ends.map((end) => endLabel(end, digits));
}

function add(parent, tag, className) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  return parent.appendChild(node);
}

function newTile(name, label, isEval) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = isEval ? "arkor-tile arkor-tile-eval" : "arkor-tile";
  button.title = name;
  const tile = { name, button, token: null, newest: "", points: null };
  const shown = add(button, "span", "arkor-tile-name");
  for (const part of label.split(/(?<=[_/.-])/)) shown.append(part, document.createElement("wbr"));
  tile.value = add(button, "span", "arkor-tile-value");
  tile.plot = add(button, "span", "arkor-tile-plot");
  button.tile = tile;
  return tile;
}

function shapes(tile) {
  if (tile.svg) return;
  tile.svg = tile.plot.appendChild(svgNode("svg", { "aria-hidden": true }));
  for (const part of ["line", "bad", "cursor"]) tile[part] = svgNode("path", { class: `arkor-tile-${part}` });
  tile.dot = svgNode("circle", { class: "arkor-tile-dot", r: 2.5 });
  tile.svg.append(tile.line, tile.bad, tile.cursor, tile.dot);
  for (const end of ["top", "bottom"]) tile[end] = add(tile.plot, "span", `arkor-tile-${end}`);
  tile.at = add(tile.plot, "span", "arkor-tile-at");
}

// The positions in pixels of a tile's points. A constant series lies in the middle.
function scales(state, { x, y }) {
  const { low, high } = state.axis;
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < x.length; i += 1) {
    if (x[i] < low || x[i] > high) continue;
    min = Math.min(min, y[i]);
    max = Math.max(max, y[i]);
  }
  const toX = high > low ? (at) => ((at - low) / (high - low)) * state.width : () => state.width / 2;
  const inner = HEIGHT - 2 * ROOM;
  const toY = max > min ? (value) => HEIGHT - ROOM - (value / (max - min) - min / (max - min)) * inner : () => HEIGHT / 2;
  return { min, max, toX, toY };
}

function draw(state, tile) {
  if (!tile.points || !state.width) return;
  shapes(tile);
  const { x, y, badX } = tile.points;
  const { min, max, toX, toY } = (tile.scales = scales(state, tile.points));
  tile.svg.setAttribute("viewBox", `0 0 ${state.width} ${HEIGHT}`);
  let path = "";
  for (let i = 0; i < x.length; i += 1) path += `${i ? "L" : "M"}${toX(x[i]).toFixed(1)} ${toY(y[i]).toFixed(1)}`;
  tile.line.setAttribute("d", x.length === 1 ? `${path}h0` : path);
  tile.line.classList.toggle("arkor-tile-single", x.length === 1);
  tile.bad.setAttribute("d", Array.from(badX, (at) => `M${toX(at).toFixed(1)} ${HEIGHT - 7}l4 7h-8z`).join(""));
  const labels = max > min ? endLabels([max, min]) : ["", max === min ? shortValue(min) : ""];
  [tile.top.textContent, tile.bottom.textContent] = labels;
  tile.bottom.classList.toggle("arkor-tile-constant", max === min);
}
