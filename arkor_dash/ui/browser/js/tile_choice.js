// The viewer's choice, which chart is large and which groups are folded: sent to Python, and kept in the page's address.

function setAddress({ large, folded }, write) {
  setParameters({ metric: large === null ? [] : [large], folded: [...folded] }, write);
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
