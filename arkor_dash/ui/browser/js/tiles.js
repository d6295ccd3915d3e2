// The small charts of a run's metrics, in groups. Python sends the points of the charts in view only, and only those
// that have changed. All text is set as textContent, so no name is interpreted as HTML.

const states = new WeakMap(); // by the component's element
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

function receive(state, sent, isNewest) {
  let misses = false;
  for (const { name, token, newest, points } of sent) {
    const tile = state.tiles.get(name);
    if (!tile || (tile.points && !isNewest)) continue;
    if (tile.newest !== newest) {
      tile.newest = newest;
      tile.value.textContent = newest;
      tile.button.setAttribute("aria-label", `${name}, last ${newest}`);
    }
    if (points) {
      const [x, y, badX, badY] = points.map(numbers);
      Object.assign(tile, { token, points: { x, y, badX, badY } });
    } else misses ||= token !== undefined && tile.token !== token;
  }
  if (!misses || state.asked + RETRY_MS > performance.now()) return;
  state.asked = performance.now(); // an update was lost
  state.trigger("resend", `${state.asked}`);
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
  const pointedElsewhere = ({ detail }) => select(state, detail === null ? null : { at: detail - state.axis.base });
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
  const state = { root, choice, tiles: new Map(), seen: new Set(), axis: null, at: 0, width: 0, asked: -RETRY_MS };
  watch(state);
  listen(state);
  return state;
}

// Shows the charts in view as they are now. An update may come late.
function update(state, { at, axis, tiles }) {
  const isNewest = at >= state.at;
  if (isNewest) state.at = at;
  if (axis && (isNewest || !state.axis)) {
    const [low, high] = [axis.low, axis.high].map(Math.fround); // as the positions of the points
    state.axis = { base: axis.base, low, high };
    state.hover = { x: numbers(axis.hover[0]), steps: numbers(axis.hover[1]) };
  }
  receive(state, tiles, isNewest);
  if (axis) {
    measure(state);
    state.seen.forEach((tile) => draw(state, tile));
  }
  if (state.pointer) showReadings(state);
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let state = states.get(parentElement);
  if (!state) states.set(parentElement, (state = newState(parentElement.querySelector(".arkor-metrics"), data)));
  Object.assign(state, { send: setStateValue, trigger: setTriggerValue });
  build(state, data.groups);
  if (state.view !== data.view) Object.assign(state, { view: data.view, at: data.at });
  live.show(data, (next) => update(state, next));
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
