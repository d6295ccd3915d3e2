// Moves the focus to an element that a click on a button brings, unless the viewer has turned to something else since.

const WAIT_MS = 15_000;
const attempts = new Map(); // by button: what ends the waiting of its last click

function waitFor(selector, done) {
  const stop = new AbortController();
  const { signal } = stop;
  const isThere = () => document.querySelector(selector);
  const finish = () => {
    const found = isThere();
    if (!found) return;
    stop.abort();
    done(found);
  };
  const observer = new MutationObserver(finish);
  const timer = setTimeout(() => stop.abort(), WAIT_MS);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(timer);
  });
  const turned = (event) => event.repeat || stop.abort();
  for (const name of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(name, turned, { capture: true, passive: true, signal });
  }
  observer.observe(document.body, { subtree: true, childList: true });
  finish();
  return stop;
}

export default function ({ data, parentElement }) {
  const stop = new AbortController();
  const clicked = (event) => {
    if (!event.target.closest?.(`.st-key-${data.button} button`)) return;
    attempts.get(data.button)?.abort();
    attempts.set(data.button, waitFor(`.st-key-${data.target} [tabindex="0"]`, (found) => found.focus()));
  };
  document.addEventListener("click", clicked, { signal: stop.signal });
  return () => stop.abort();
}
