// The parts of the page that move. Streamlit shows a part's component with its data; between runs of the page's script,
// newer data come over the page's websocket (wake.js). The two ways keep no order. So data for another view than the
// component shows wait for it, and the component decides by what the data say which are newer.

// A node with an equal text is left alone: a selection in it lives on, and a screen reader stays silent.
function showText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const live = (window.arkorLive ??= newRegistry()); // each component's script is a module of its own

function newRegistry() {
  const MOST_WAITING = 50; // data that wait for a component; what is missed beyond that is requested again
  const parts = new Map(); // by name
  let frame = 0;
  const drawings = [];

  function part(name) {
    if (!parts.has(name)) parts.set(name, { view: null, newest: null, apply: null, waiting: [] });
    return parts.get(name);
  }

  function applyWaiting(each) {
    if (!each.apply || !each.waiting.length) return;
    const fits = each.waiting.filter((data) => data.view === each.view);
    each.waiting = each.waiting.filter((data) => data.view !== each.view);
    for (const data of fits) {
      try {
        each.apply(data);
      } catch (error) {
        reportError(error); // the other parts go on
      }
    }
  }

  function flush() {
    cancelAnimationFrame(frame);
    parts.forEach(applyWaiting);
    frame = 0;
    if (!document.hidden) for (const draw of drawings.splice(0)) draw();
  }

  // A hidden page has no animation frames.
  document.addEventListener("visibilitychange", flush);

  return {
    // Data that were pushed for a part. The page changes with the next animation frame, once for all parts.
    receive(name, data) {
      const each = part(name);
      each.waiting.push(data);
      if (each.waiting.length > MOST_WAITING) each.waiting.shift();
      if (document.hidden) flush();
      else frame ||= requestAnimationFrame(flush);
    },

    // Draw in the next frame, after the parts have changed: in this one, if they are just changing. A hidden page
    // draws nothing until it is shown.
    drawInFrame(draw) {
      drawings.push(draw);
      if (!document.hidden) frame ||= requestAnimationFrame(flush);
    },

    // Data for a part that belong to what another component has just drawn. The part changes at once.
    write(name, data) {
      part(name).waiting.push(data);
      applyWaiting(part(name));
    },

    // Streamlit shows `data` in a component. `apply` is called with them, and then with each data for the same view.
    show(data, apply) {
      const each = part(data.part);
      if (each.view !== data.view) Object.assign(each, { view: data.view, newest: null });
      each.apply = apply;
      apply(data);
      applyWaiting(each);
    },

    // As `show`, for data that are whole: `write` is called with the newest ones.
    showNewest(data, write) {
      live.show(data, (next) => {
        const each = part(data.part);
        if (!each.newest || next.at >= each.newest.at) each.newest = next;
        write(each.newest);
      });
    },
  };
}
