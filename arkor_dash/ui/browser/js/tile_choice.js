// The viewer's choice, which chart is large and which groups are folded: sent to Python, and kept in the page's address.

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
