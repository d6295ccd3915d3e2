// A line at the place that the pointer or the keyboard selects, and a dot on each curve there. `at` is its position as the
// traces have it, or null.

function followPointer(state) {
  const { node } = state;
  node.on("plotly_hover", ({ points: [{ fullData, pointNumber }] }) => {
    stopReading(state);
    pointTo(state, fullData.x[pointNumber]);
  });
  node.on("plotly_unhover", () => {
    if (!state.reading) pointTo(state, null);
    else queueMicrotask(() => keepReading(state)); // unless the pointer has gone to another point
  });
  node.on("plotly_afterplot", () => {
    if (state.at === null || !state.data.zoom) return;
    drawCrosshair(state);
    keepReading(state);
  });
}

function pointTo(state, at) {
  state.at = at;
  if (state.data.zoom) drawCrosshair(state);
  window.dispatchEvent(new CustomEvent("arkor-point", { detail: at })); // the small charts show their values there
}

function drawCrosshair(state) {
  const { node, at } = state;
  if (!state.crosshair?.isConnected) {
    if (at === null) return;
    state.crosshair = svgNode("g", { class: "arkor-crosshair" });
    node.querySelector(".hoverlayer").before(state.crosshair);
  }
  const { _fullLayout: layout, _fullData: traces } = node;
  const { xaxis, _size: size } = layout;
  const x = at === null ? NaN : xaxis.d2p(at);
  if (!(x >= 0 && x <= xaxis._length)) return state.crosshair.replaceChildren();
  const left = xaxis._offset + x;
  const dots = traces.map((trace) => dotOn(trace, layout, at)).filter(Boolean);
  state.crosshair.replaceChildren(
    svgNode("path", { d: `M${left},${size.t}v${size.h}` }),
    ...dots.map(([y, fill]) => svgNode("circle", { cx: left, cy: y, r: 4, fill })),
  );
}

// The height and the colour of a dot. A line without markers has one between its points, too.
function dotOn({ visible, mode, yaxis, x, y, line }, layout, at) {
  const axis = axisOf(layout, yaxis);
  if (visible !== true || !line?.color || mode === "none" || axis?.overlaying) return null;
  const i = lastUpTo(x, at);
  if (i < 0) return null;
  let height = axis.d2p(y[i]);
  if (x[i] !== at) {
    if (mode !== "lines" || i + 1 === x.length) return null;
    height += ((at - x[i]) / (x[i + 1] - x[i])) * (axis.d2p(y[i + 1]) - height);
  }
  return height >= 0 && height <= axis._length ? [axis._offset + height, line.color] : null;
}
