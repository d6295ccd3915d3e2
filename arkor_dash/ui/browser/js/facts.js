// A list of labels and values. Times are shown in the browser's locale and time zone, ids have a button that copies
// them, and durations keep counting between updates.

function value([, text, kind, , unit]) {
  const dd = document.createElement("dd");
  if (unit) dd.dataset.unit = unit;
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
  return keepCounting(parentElement, "dd");
}
