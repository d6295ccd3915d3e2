// Durations that count on between updates. A node that counts has a function `now`, which returns its text.

const counting = new WeakMap(); // the timer of each component
const UNITS = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];

function running(seconds) {
  const days = Math.floor(seconds / 86_400);
  const [hours, minutes, rest] = [seconds / 3_600, seconds / 60, seconds].map(Math.floor);
  const clock = [hours % 24, ...[minutes, rest].map((part) => String(part % 60).padStart(2, "0"))].join(":");
  return days ? `${days} day${days > 1 ? "s" : ""}, ${clock}` : clock;
}

function ago(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS.at(-1);
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

const COUNTING = { running, ago };

function counter(kind, seconds) {
  const since = performance.now() - 1000 * seconds;
  return () => COUNTING[kind]((performance.now() - since) / 1000);
}

// Keep the nodes of a component counting. Returns the component's cleanup.
function keepCounting(parentElement, selector) {
  const count = () => {
    for (const node of parentElement.querySelectorAll(selector)) if (node.now) showText(node, node.now());
  };
  clearInterval(counting.get(parentElement));
  counting.set(parentElement, setInterval(count, 500));
  return () => parentElement.isConnected || clearInterval(counting.get(parentElement)); // otherwise a newer update replaced this one
}
