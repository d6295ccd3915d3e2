// The values of all small charts at the step under the pointer.

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

function selectedStep(state) {
  const { x } = state.hover;
  if (!state.pointer || !x.length) return -1;
  const at = state.pointer.at;
  const before = Math.max(lastUpTo(x, at), 0);
  return before + 1 < x.length && x[before + 1] - at < at - x[before] ? before + 1 : before;
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
  return { tile, at: state.axis.low + share * (state.axis.high - state.axis.low) };
}
