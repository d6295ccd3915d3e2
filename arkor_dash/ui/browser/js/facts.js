// A list of labels and values. Times are shown in the browser's locale and time zone, ids have a button that copies
// them, and durations keep counting between updates.

const timers = new WeakMap();
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

function updateCounters(list) {
  for (const dd of list.querySelectorAll("dd")) if (dd.now) dd.textContent = dd.now();
}

function value([, text, kind]) {
  const dd = document.createElement("dd");
  if (kind === "time" && text !== null) {
    const time = document.createElement("time");
    const moment = new Date(text);
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleString();
    dd.append(time);
  } else if (kind === "copy") {
    const code = document.createElement("code");
    code.textContent = text;
    dd.append(code, copyButton("Copy the job ID", text));
  } else if (kind in COUNTING) {
    dd.now = counter(kind, Number(text));
    dd.textContent = dd.now();
  } else dd.textContent = text ?? "–";
  return dd;
}

// `at` says when the seconds to count from were measured: newer ones may be equal.
function write(list, { facts, at }) {
  facts.forEach((fact, i) => {
    const text = JSON.stringify(fact[2] in COUNTING ? [...fact, at] : fact);
    const dt = list.children[2 * i] ?? list.appendChild(document.createElement("dt"));
    const dd = list.children[2 * i + 1] ?? list.appendChild(document.createElement("dd"));
    if (dt.dataset.fact === text) return;
    dt.dataset.fact = text;
    dt.textContent = fact[0];
    dt.title = fact[3];
    dd.replaceWith(value(fact));
  });
  while (list.children.length > 2 * facts.length) list.lastElementChild.remove();
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  live.showNewest(data, (newest) => write(list, newest));
  clearInterval(timers.get(parentElement));
  timers.set(parentElement, setInterval(() => updateCounters(list), 500));
  return () => parentElement.isConnected || clearInterval(timers.get(parentElement)); // otherwise a newer update replaced this one
}
