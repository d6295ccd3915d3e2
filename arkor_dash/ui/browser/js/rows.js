// A list that grows: the event log, and a run's output. Rows come in pieces and every one has a number;
// the list in the page is brought up to date in place, so that its scroll position and a text selection live on.
// All text is set as textContent: whatever a job writes stays text.

// By label, the list shown last. Streamlit may take a node off the page and put in a new one; the list moves there.
const lists = new Map();
const ASK_AGAIN_MS = 2000;
const TRIM_AT = 4; // while the reader looks at older rows, keep up to this many times the limit on the page

function render(row, kind) {
  const li = document.createElement("li");
  fill(li, row, kind);
  return li;
}

function fill(li, row, kind) {
  if (kind === "output") {
    if (li.textContent !== row) li.textContent = row;
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

function ask(state, root) {
  if (state.timer) return;
  state.send("resend", `${state.generation} ${(state.asked += 1)}`);
  state.timer = setTimeout(() => {
    state.timer = 0;
    if (state.gap && root.isConnected) ask(state, root); // the question, or its answer, was lost
  }, ASK_AGAIN_MS);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".arkor-rows");
  let state = lists.get(data.label);
  if (state?.id !== data.list_id) {
    const list = document.createElement("ol");
    state = { id: data.list_id, list, generation: null, first: 0, next: 0, asked: 0, gap: false, timer: 0 };
    Object.assign(state, { top: 0, follows: true });
    lists.set(data.label, state);
  }
  const { list } = state;
  root.style.height = `${data.height}px`;
  root.style.overflowY = "auto";
  root.setAttribute("aria-label", data.label);
  root.classList.toggle("arkor-output", data.kind === "output");
  root.querySelector(".arkor-rows-empty").textContent = data.total > data.head ? "" : data.placeholder;
  if (list.parentElement !== root) {
    root.querySelector("ol").replaceWith(list);
    root.scrollTop = state.top;
    root.onscroll = () => {
      const atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 24;
      state.follows = atEnd || (state.follows && root.scrollTop >= state.top); // only who scrolls up stops following
      state.top = root.scrollTop;
    };
    state.resized?.disconnect();
    state.resized = new ResizeObserver(() => state.follows && (root.scrollTop = root.scrollHeight)); // styles come late
    state.resized.observe(list);
  }

  const following = state.follows;
  state.send = setTriggerValue;
  if (state.generation !== data.generation) {
    list.replaceChildren();
    Object.assign(state, { generation: data.generation, first: data.start, next: data.start });
    state.gap = data.start > data.head; // mounted in the middle of the run
  } else if (data.start > state.next) {
    state.gap = true; // an update was passed over
  }
  if (state.gap) ask(state, root);
  if (data.start > state.next) return;
  const added = document.createDocumentFragment();
  data.rows.forEach((row, i) => {
    const number = data.start + i;
    if (number >= state.next) added.append(render(row, data.kind));
    else if (number >= state.first) fill(list.children[number - state.first], row, data.kind);
  });
  list.append(added);
  state.next = Math.max(state.next, data.start + data.rows.length);
  const limit = following ? data.limit : data.limit * TRIM_AT;
  while (list.children.length > limit) {
    list.firstElementChild.remove();
    state.first += 1;
  }
  if (following) root.scrollTop = root.scrollHeight;
}
