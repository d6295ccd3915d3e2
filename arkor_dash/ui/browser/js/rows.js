// A list that gets longer: the event log, or the output of a run. Rows are numbered, and an update holds some of them.
// The list on the page is changed in place, so its scroll position and a text selection survive an update.
// All text is set as textContent, so nothing that a job writes is interpreted as HTML.

// The latest list with each label. Streamlit may replace a node on the page; the list then moves to the new node.
const lists = new Map();
const RETRY_MS = 2000;
const READER_MS = 500; // a scroll within this time of a wheel, touch, key or pointer event is the reader's own
const TRIM_FACTOR = 4; // while the reader looks at older rows, the page keeps up to this many times the limit
const CHUNK = 50; // rows for each list element: a browser lays out and paints anew all of the one that gets a row
const TRIM_MS = 500; // old rows leave the page together: to remove one moves all others, and costs as much as many

function newRow(row, kind) {
  const li = document.createElement("li");
  fill(li, row, kind);
  return li;
}

function fill(li, row, kind) {
  if (kind === "output") {
    fillOutput(li, row);
    return;
  }
  const [at, name, message] = row;
  li.className = `arkor-event arkor-event-${name.replace(/[^a-z]/g, "-")}`;
  const time = document.createElement("time");
  if (at !== null) {
    const moment = new Date(at);
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleTimeString();
    time.title = moment.toLocaleString();
  }
  const label = document.createElement("span");
  label.className = "arkor-event-name";
  label.textContent = name;
  const text = document.createElement("span");
  text.className = "arkor-event-message";
  text.textContent = message;
  li.replaceChildren(time, label, text);
}

function requestAll(state, root) {
  if (state.timer) return;
  state.send("resend", `${state.view} ${(state.requests += 1)}`);
  state.timer = setTimeout(() => {
    state.timer = 0;
    if (state.gap && root.isConnected) requestAll(state, root); // the request or its answer was lost
  }, RETRY_MS);
}

function append(state, row) {
  let chunk = state.list.lastElementChild;
  if (!chunk || chunk.children.length >= CHUNK) state.list.append((chunk = document.createElement("ol")));
  chunk.append(row);
  state.rows.push(row);
}

function mostRows(state) {
  return state.follows ? state.limit : state.limit * TRIM_FACTOR;
}

function trim(state) {
  const old = state.rows.splice(0, Math.max(0, state.rows.length - mostRows(state)));
  for (const row of old) {
    const chunk = row.parentElement;
    row.remove();
    if (!chunk.firstElementChild) chunk.remove();
  }
  state.first += old.length;
  state.resized.unobserve(state.list); // else rows that give it the old height before the next frame go unnoticed
  state.resized.observe(state.list);
}

function trimSoon(state, root) {
  const most = mostRows(state);
  const { length } = state.rows;
  if (length > 2 * most) trim(state);
  else if (length > most)
    state.trimTimer ||= setTimeout(() => {
      state.trimTimer = 0;
      if (state.list.parentElement === root) trim(state);
    }, TRIM_MS);
}

function showEnd(root) {
  root.scrollTop = root.scrollHeight;
}

// The list follows its newest row until the reader scrolls up. A browser scrolls by itself, too: when rows are removed,
// when styles arrive, when the node moves. So only a scroll that goes with an input of the reader counts as one.
function followUnlessScrolled(state, root) {
  const { list } = state;
  const input = () => (state.readerUntil = performance.now() + READER_MS);
  for (const name of ["wheel", "touchmove", "keydown"]) root.addEventListener(name, input, { passive: true });
  root.addEventListener("pointerdown", () => {
    state.pointerDown = true;
    const release = () => (state.pointerDown = false) || input();
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, release, { once: true });
  });
  root.addEventListener("pointermove", (event) => {
    if (!event.buttons) state.pointerDown = false; // some browsers send no pointerup for the scrollbar
  });
  root.addEventListener("scroll", () => {
    if (list.parentElement !== root) return;
    state.top = root.scrollTop;
    if (root.scrollHeight - root.scrollTop - root.clientHeight < 24) {
      if (!state.follows) {
        state.follows = true;
        trim(state);
      }
    } else if (state.pointerDown || performance.now() < state.readerUntil) {
      state.follows = false;
      input(); // a scroll with momentum goes on after the last input
    }
  });
  // Here and not with each row, since to ask for the height lays the page out, which each frame does anyway.
  state.resized?.disconnect();
  state.resized = new ResizeObserver(() => state.follows && showEnd(root));
  state.resized.observe(list);
  state.resized.observe(root);
}

function newState(id) {
  const list = document.createElement("div");
  list.className = "arkor-rows-list";
  const received = { view: null, generation: null, version: 0, first: 0, next: 0, gap: false, requests: 0, timer: 0, trimTimer: 0 };
  return { id, list, rows: [], ...received, top: 0, follows: true, readerUntil: 0, pointerDown: false };
}

function restart(state, data) {
  state.list.replaceChildren();
  const { view, generation, version, start } = data;
  Object.assign(state, { view, generation, version, rows: [], first: start, next: start });
  state.gap = start > data.head; // earlier updates of this generation were lost
}

// Applies an update: rows that follow those of the list, and some of those again. An update may come late.
function update(state, root, data) {
  if (state.view === data.view && data.generation < state.generation) return;
  if (state.view !== data.view || data.generation !== state.generation) restart(state, data);
  else if (data.start > state.next) state.gap = true; // an update was lost
  if (state.gap) requestAll(state, root);
  if (data.start > state.next) return;
  const isNewer = data.version >= state.version;
  data.rows.forEach((row, i) => {
    const number = data.start + i;
    if (number >= state.next) append(state, newRow(row, state.kind));
    else if (isNewer && number >= state.first) fill(state.rows[number - state.first], row, state.kind);
  });
  if (state.kind === "output" && data.rows.some(Array.isArray)) limitSpans(state.list);
  state.version = Math.max(state.version, data.version);
  state.next = Math.max(state.next, data.start + data.rows.length);
  root.querySelector(".arkor-rows-empty").textContent = state.rows.length ? "" : state.placeholder;
  trimSoon(state, root);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".arkor-rows");
  let state = lists.get(data.label);
  if (state?.id !== data.list_id) lists.set(data.label, (state = newState(data.list_id)));
  const { list } = state;
  root.setAttribute("aria-label", data.label);
  root.classList.toggle("arkor-output", data.kind === "output");
  if (list.parentElement !== root) {
    root.querySelector(".arkor-rows-list")?.remove();
    root.prepend(list);
    root.scrollTop = state.top;
    followUnlessScrolled(state, root);
  }
  const { limit, kind, placeholder } = data;
  Object.assign(state, { send: setTriggerValue, limit, kind, placeholder });
  live.show(data, (next) => update(state, root, next));
}
