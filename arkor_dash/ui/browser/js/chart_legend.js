// The legend of a chart, which the head of its card shows.

// An entry stands for a trace, and for those of its group.
function entryOf({ legendgroup, uid, name }) {
  return legendgroup || uid || name;
}

function legendOf(traces, heading) {
  const named = traces.filter(({ name, showlegend }) => name && showlegend !== false);
  const entries = named.map(({ name, mode, line, marker, opacity = 1, ...trace }) => ({
    id: entryOf(trace),
    name: name.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"), // as `plain` has written it
    mode,
    dash: line?.dash === "dash",
    symbol: marker?.symbol ?? "circle",
    angle: marker?.angle ?? 0,
    colour: line?.color ?? marker.color,
    opacity,
  }));
  return entries.length === 1 && entries[0].name === heading ? [] : entries;
}

function hideTraces({ hidden }, traces) {
  for (const trace of traces) if (hidden.has(entryOf(trace))) trace.visible = false;
}

function showHead(state) {
  const { head } = state.data;
  if (!head || !state.shown) return;
  const { note, legend } = state.shown;
  const toggle = (id) => {
    if (!state.hidden.delete(id)) state.hidden.add(id);
    showHead(state);
    drawNow(state.pace);
  };
  const shown = { ...head, note: [head.before, note, head.after].filter(Boolean).join(" · "), legend };
  live.write(head.part, { ...shown, view: head.part, at: performance.now(), hidden: state.hidden, toggle });
}
