// Tabs over one panel. The open one is sent to Python, which draws the panel, and kept in the page's address.

const states = new WeakMap(); // by the component's element
const FRAMES = 120;
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function newTab(state, id) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "arkor-tab", id: `${state.panel}-${id}` });
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", state.panel);
  button.append(document.createElement("span"), " ", document.createElement("span"));
  button.lastElementChild.className = "arkor-tab-count";
  button.onclick = () => open(state, id);
  state.buttons.set(id, button);
  state.root.append(button);
  return button;
}

function show(state) {
  for (const [id, button] of state.buttons) {
    const isOpen = id === state.open;
    button.setAttribute("aria-selected", isOpen);
    button.tabIndex = isOpen ? 0 : -1;
  }
  namePanel(state);
}

// The panel can come after the tabs, and Streamlit can replace it.
function namePanel(state, frames = FRAMES) {
  const panel = document.querySelector(`.st-key-${state.panel}`);
  if (!panel) {
    if (frames && state.root.isConnected) requestAnimationFrame(() => namePanel(state, frames - 1));
    return;
  }
  panel.id = state.panel;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", `${state.panel}-${state.open}`);
}

function setAddress(state, write) {
  const isFirst = state.open === state.buttons.keys().next().value;
  setParameters({ [state.parameter]: isFirst ? [] : [state.open] }, write);
}

function choose(state, id) {
  Object.assign(state, { open: id, number: `${Date.now()}.${Math.random()}` });
  state.send("choice", { open: id, number: state.number });
  show(state);
}

function open(state, id) {
  if (id === state.open) return;
  choose(state, id);
  setAddress(state, "pushState");
}

function move(state, event) {
  const ids = [...state.buttons.keys()];
  const at = ids.indexOf(state.open);
  const ends = { Home: 0, End: ids.length - 1 };
  const next = ends[event.key] ?? (at + STEPS[event.key] + ids.length) % ids.length;
  if (Number.isNaN(next) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  open(state, ids[next]);
  state.buttons.get(ids[next]).focus();
}

function newState(root, data) {
  const state = { root, buttons: new Map(), open: data.open, number: data.number };
  const address = () => new URL(location.href);
  const { pathname, searchParams } = address();
  const wentBack = () => {
    const now = address();
    if (now.pathname !== pathname || now.searchParams.get("id") !== searchParams.get("id")) return;
    const named = now.searchParams.get(state.parameter);
    const id = state.buttons.has(named) ? named : state.buttons.keys().next().value;
    if (id !== state.open) choose(state, id);
  };
  root.onkeydown = (event) => move(state, event);
  window.addEventListener("popstate", wentBack);
  state.unlisten = () => window.removeEventListener("popstate", wentBack);
  return state;
}

export default function ({ data, parentElement, setStateValue }) {
  let state = states.get(parentElement);
  if (!state) states.set(parentElement, (state = newState(parentElement.querySelector(".arkor-tabs"), data)));
  Object.assign(state, { send: setStateValue, panel: data.panel, parameter: data.parameter });
  state.root.setAttribute("aria-label", data.label);
  for (const { id, label, count } of data.tabs) {
    const button = state.buttons.get(id) ?? newTab(state, id);
    showText(button.firstElementChild, label);
    showText(button.lastElementChild, count ?? "");
  }
  // A run of the script that began before the newest choice does not know of it.
  if (data.number === state.number) {
    state.open = data.open; // a button of the page can open another tab
    setAddress(state, "replaceState");
  }
  show(state);
  return () => {
    if (parentElement.isConnected) return; // Streamlit also calls this for an update that was replaced by a newer one
    state.unlisten();
    states.delete(parentElement);
  };
}
