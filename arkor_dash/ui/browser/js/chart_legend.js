// The legend of a chart, which the head of its card shows. The page's address holds the ids of the entries whose lines are
// hidden, so that a reload and a shared link show the same.

const MOST_HIDDEN = 100; // that are read from an address

function readHidden({ head }) {
  const ids = head ? new URL(location).searchParams.getAll(head.hidden_in) : [];
  return new Set(ids.slice(0, MOST_HIDDEN));
}

function writeHidden({ data, hidden }) {
  setParameters({ [data.head.hidden_in]: [...hidden] });
}

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

// In a legend of Plotly's own, a hidden line keeps its entry.
function hideTraces({ hidden }, traces, { showlegend }) {
  for (const trace of traces) if (hidden.has(entryOf(trace))) trace.visible = showlegend ? "legendonly" : false;
}

// The viewer has clicked on an entry of Plotly's own legend.
function keepHidden(state) {
  const { node, hidden, data } = state;
  if (!data.head || !node._fullLayout.showlegend) return;
  for (const trace of node._fullData) {
    if (trace.visible === "legendonly") hidden.add(entryOf(trace));
    else hidden.delete(entryOf(trace));
  }
  writeHidden(state);
}

function showHead(state) {
  const { head } = state.data;
  if (!head || !state.shown) return;
  const { note, legend } = state.shown;
  const toggle = (id) => {
    if (!state.hidden.delete(id)) state.hidden.add(id);
    writeHidden(state);
    showHead(state);
    drawNow(state.pace);
  };
  const shown = { ...head, note: [head.before, note, head.after].filter(Boolean).join(" · "), legend };
  live.write(head.part, { ...shown, view: head.part, at: performance.now(), hidden: state.hidden, toggle });
}
