// The small charts of a run's metrics, in groups. Python sends the points of the charts in view only, and only those
// that have changed. All text is set as textContent, so no name is interpreted as HTML.

const states = new WeakMap(); // by the component's element
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 56;
const ROOM = 4; // above and below the line
const REPORT_MS = 100;
const RETRY_MS = 2000;
const MARGIN = "300px 0px"; // charts this close to the view are fetched before they are scrolled into it
const ARRAYS = { f4: Float32Array, f8: Float64Array };

function numbers({ dtype, bdata }) {
  const text = atob(bdata);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return new ARRAYS[dtype](bytes.buffer);
}

// As `short_value` in Python.
function shortValue(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const text = value && (size < 0.01 || size >= 1e12) ? value.toExponential(4) : value.toFixed(4);
  const [digits, ...exponent] = text.split("e");
  return [digits.replace(/\.?0+$/, "").replace(/^-0$/, "0"), ...exponent].join("e");
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function endLabel(value, digits) {
  const size = Math.abs(value);
  if (value && size < 0.01) return value.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return size < 1e4 || digits > 3 ? String(Number(value.toPrecision(digits))) : compact.format(value);
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

function addShape(svg, tag, className) {
  const node = document.createElementNS(SVG, tag);
  node.setAttribute("class", className);
  return svg.appendChild(node);
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
  tile.svg = tile.plot.appendChild(document.createElementNS(SVG, "svg"));
  tile.svg.setAttribute("aria-hidden", "true");
  tile.line = addShape(tile.svg, "path", "arkor-tile-line");
  tile.bad = addShape(tile.svg, "path", "arkor-tile-bad");
  tile.cursor = addShape(tile.svg, "path", "arkor-tile-cursor");
  tile.dot = addShape(tile.svg, "circle", "arkor-tile-dot");
  tile.dot.setAttribute("r", 2.5);
  for (const end of ["top", "bottom"]) tile[end] = add(tile.plot, "span", `arkor-tile-${end}`);
  tile.at = add(tile.plot, "span", "arkor-tile-at");
}

// The positions in pixels of a tile's points. A constant series lies in the middle.
function scales(state, { x, y }) {
  const { low, high } = state.data;
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

// The last index whose position is at most `at`; -1 if there is none.
function lastUpTo(positions, at) {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function selectedStep(state) {
  const { x } = state.hover;
  if (!state.pointer || !x.length) return -1;
  const at = state.pointer.at;
  const before = Math.max(lastUpTo(x, at), 0);
  return before + 1 < x.length && x[before + 1] - at < at - x[before] ? before + 1 : before;
}

function showReading(state, tile, selected) {
  const { x, y, badX, badY } = tile.points;
  const at = state.hover.x[selected];
  const [i, bad] = [lastUpTo(x, at), lastUpTo(badX, at)];
  const isBad = bad >= 0 && (i < 0 || badX[bad] > x[i]);
  const { toX, toY } = tile.scales;
  tile.value.textContent = isBad ? shortValue(badY[bad]) : i < 0 ? "–" : shortValue(y[i]);
  tile.cursor.setAttribute("d", `M${toX(at).toFixed(1)} 0V${HEIGHT}`);
  tile.dot.classList.toggle("arkor-shown", i >= 0 && !isBad);
  if (i >= 0) {
    tile.dot.setAttribute("cx", toX(x[i]));
    tile.dot.setAttribute("cy", toY(y[i]));
  }
  tile.at.textContent = tile === state.pointer.tile ? `step ${state.hover.steps[selected].toLocaleString("en", { maximumFractionDigits: 9 })}` : "";
}

// The line at the step under the pointer, in all charts, with the value of each there: its last one up to that step.
function showReadings(state) {
  const selected = selectedStep(state);
  for (const tile of state.seen) {
    const reads = selected >= 0 && tile.scales;
    tile.button.classList.toggle("arkor-tile-read", Boolean(reads));
    if (reads) showReading(state, tile, selected);
    else tile.value.textContent = tile.newest;
  }
}

// Selects the step at a position, under the pointer in a tile or in another chart of the page.
function select(state, pointer) {
  state.pointer = pointer;
  state.frame ??= requestAnimationFrame(() => {
    state.frame = null;
    showReadings(state);
  });
}

function pointed(state, event) {
  const tile = event.target.closest(".arkor-tile")?.tile;
  const box = tile?.svg?.getBoundingClientRect();
  if (!box?.width) return null;
  const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  return { tile, at: state.data.low + share * (state.data.high - state.data.low) };
}

// Reports which charts are in view, and how wide they are.
function report(state) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    const names = [...state.seen].map((tile) => tile.name);
    const text = JSON.stringify({ names, width: state.width });
    if (text === state.reported || !state.root.isConnected || !state.width) return;
    state.reported = text;
    state.send("seen", JSON.parse(text));
  }, REPORT_MS);
}

function measure(state) {
  const shown = [...state.tiles.values()].find((tile) => tile.plot.clientWidth);
  if (!shown) return;
  const width = Math.round(shown.plot.clientWidth - parseFloat(getComputedStyle(shown.plot).paddingLeft));
  if (width <= 0 || width === state.width) return;
  state.width = width;
  state.seen.forEach((tile) => draw(state, tile));
  report(state);
}

function scroller(node) {
  for (let each = node.parentElement; each; each = each.parentElement)
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return each;
  return null;
}

function watch(state) {
  state.watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) state.seen.delete(target.tile);
        else if (state.tiles.get(target.tile.name) === target.tile) {
          state.seen.add(target.tile);
          draw(state, target.tile);
        }
      }
      measure(state);
      report(state);
    },
    { root: scroller(state.root), rootMargin: MARGIN },
  );
  state.resized = new ResizeObserver(() => measure(state));
  state.resized.observe(state.root);
}

// Writes the view into the page's address. `write` adds an entry to the browser's history, or replaces the newest one.
function setAddress({ large, folded }, write) {
  const address = new URL(location.href);
  let differs = false;
  for (const [name, values] of [["metric", large === null ? [] : [large]], ["folded", [...folded]]]) {
    if (JSON.stringify(address.searchParams.getAll(name)) === JSON.stringify(values)) continue;
    differs = true;
    address.searchParams.delete(name);
    for (const value of values) address.searchParams.append(name, value);
  }
  if (differs) history[write]({}, "", address);
}

function choose(state, change) {
  Object.assign(state.choice, change, { number: `${Date.now()}.${Math.random()}` });
  const { large, folded, number } = state.choice;
  state.send("choice", { large, folded: [...folded], number });
}

function chooseHere(state, change) {
  choose(state, change);
  setAddress(state.choice, "pushState");
}

function fold(state, section, isFolded) {
  section.heading.setAttribute("aria-expanded", String(!isFolded));
  section.grid.hidden = isFolded;
}

function newSection(state, group, hasHeading) {
  const section = document.createElement("section");
  section.grid = document.createElement("div");
  section.grid.className = "arkor-tiles";
  if (hasHeading) {
    section.heading = add(add(section, "h3"), "button", "arkor-group");
    section.heading.type = "button";
    add(section.heading, "span").textContent = group.title;
    add(section.heading, "span", "arkor-note").textContent = group.tiles.length;
    section.heading.onclick = () => {
      const { folded } = state.choice;
      if (!folded.delete(group.id)) folded.add(group.id);
      fold(state, section, folded.has(group.id));
      chooseHere(state, {});
    };
    fold(state, section, state.choice.folded.has(group.id));
  }
  section.append(section.grid);
  return section;
}

// Builds the groups anew if they have changed. The tiles stay.
function build(state, groups) {
  const text = JSON.stringify(groups);
  if (text === state.built) return;
  state.built = text;
  const focused = document.activeElement;
  const old = state.tiles;
  state.tiles = new Map();
  const sections = groups.map((group) => {
    const section = newSection(state, group, groups.length > 1);
    for (const [name, label] of group.tiles) {
      const tile = old.get(name) ?? newTile(name, label, group.isEval);
      if (!old.has(name)) state.watcher.observe(tile.button);
      state.tiles.set(name, tile);
      section.grid.append(tile.button);
    }
    return section;
  });
  for (const [name, tile] of old) {
    if (state.tiles.has(name)) continue;
    state.watcher.unobserve(tile.button);
    state.seen.delete(tile);
  }
  state.root.replaceChildren(...sections);
  if (focused?.tile?.button.isConnected) focused.focus({ preventScroll: true });
}

function receive(state, sent) {
  let misses = false;
  for (const { name, token, newest, points } of sent) {
    const tile = state.tiles.get(name);
    if (!tile) continue;
    if (tile.newest !== newest) {
      tile.newest = newest;
      tile.value.textContent = newest;
      tile.button.setAttribute("aria-label", `${name}, newest ${newest}`);
    }
    if (points) {
      const [x, y, badX, badY] = points.map(numbers);
      Object.assign(tile, { token, points: { x, y, badX, badY } });
    } else misses ||= tile.token !== token;
  }
  if (!misses || state.asked + RETRY_MS > performance.now()) return;
  state.asked = performance.now(); // an update was lost
  state.trigger("resend", `${state.asked}`);
}

// Moves the focus with a click: into the large chart, and back to the small one when it is closed.
function follow(state, large) {
  const before = state.large;
  if (before === large) return;
  state.large = large;
  if (before === undefined) return;
  const tile = large === null && state.tiles.get(before);
  if (tile && !tile.button.closest("[hidden]")) tile.button.focus();
  let frames = 120;
  const focus = () => {
    const close = document.querySelector(".st-key-metric_close button");
    if (state.large !== large || !state.root.isConnected) return;
    if (!close && (frames -= 1)) return requestAnimationFrame(focus);
    close?.focus();
    close?.closest(".st-key-metric_large")?.scrollIntoView({ block: "nearest" });
  };
  if (large !== null) focus();
}

function listen(state) {
  const { root } = state;
  const page = location.pathname;
  root.onclick = (event) => {
    const name = event.target.closest(".arkor-tile")?.tile.name;
    if (name !== undefined) chooseHere(state, { large: name === state.large ? null : name });
  };
  root.onpointermove = (event) => select(state, pointed(state, event));
  root.onpointerleave = () => select(state, null);
  const pointedElsewhere = ({ detail }) => select(state, detail === null ? null : { at: detail - state.data.base });
  const escaped = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || state.large === null) return;
    const { target } = event;
    if (target === document.body || (target.closest(".st-key-metrics") && !target.closest("input")))
      chooseHere(state, { large: null });
  };
  const wentBack = () => {
    if (location.pathname !== page) return;
    const address = new URLSearchParams(location.search);
    choose(state, { large: address.get("metric"), folded: new Set(address.getAll("folded")) });
    state.built = null;
  };
  document.addEventListener("keydown", escaped);
  window.addEventListener("popstate", wentBack);
  window.addEventListener("arkor-point", pointedElsewhere);
  state.unlisten = () => {
    document.removeEventListener("keydown", escaped);
    window.removeEventListener("popstate", wentBack);
    window.removeEventListener("arkor-point", pointedElsewhere);
  };
}

function newState(root, data) {
  const choice = { large: data.large, folded: new Set(data.folded), number: data.number };
  const state = { root, choice, tiles: new Map(), seen: new Set(), width: 0, asked: -RETRY_MS };
  watch(state);
  listen(state);
  return state;
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let state = states.get(parentElement);
  if (!state) states.set(parentElement, (state = newState(parentElement.querySelector(".arkor-metrics"), data)));
  [data.low, data.high] = [data.low, data.high].map(Math.fround); // as the positions of the points
  Object.assign(state, { data, send: setStateValue, trigger: setTriggerValue });
  state.hover = { x: numbers(data.hover[0]), steps: numbers(data.hover[1]) };
  build(state, data.groups);
  receive(state, data.tiles);
  measure(state);
  state.seen.forEach((tile) => draw(state, tile));
  if (state.pointer) showReadings(state);
  for (const tile of state.tiles.values()) tile.button.setAttribute("aria-pressed", String(tile.name === data.large));
  follow(state, data.large);
  // Streamlit writes the address too, when a control changes. It does not know of an entry that it has not written.
  if (data.number === state.choice.number) {
    state.choice.large = data.large; // the page has a button that closes it
    setAddress(state.choice, "replaceState");
  }
  return () => {
    if (parentElement.isConnected) return; // Streamlit also calls this for an update that was replaced by a newer one
    clearTimeout(state.timer);
    state.watcher.disconnect();
    state.resized.disconnect();
    state.unlisten();
    states.delete(parentElement);
  };
}
