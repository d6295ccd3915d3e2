// The values of a config or an environment, with a search field. All text is set as textContent.

// How much of a value is shown at first.
const CUT = 160;
const CUT_LINES = 3;
// A value of more characters has lines of its own.
const BESIDE_NAME = 60;

function beginning(text) {
  return text.split("\n", CUT_LINES).join("\n").slice(0, CUT);
}

function longValue(text) {
  const dd = document.createElement("dd");
  const shown = document.createElement("span");
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "arkor-copy";
  const show = (isWhole) => {
    shown.textContent = isWhole ? text : `${beginning(text)}…`;
    toggle.textContent = isWhole ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`;
    toggle.setAttribute("aria-expanded", isWhole);
    toggle.onclick = () => show(!isWhole);
  };
  show(false);
  dd.append(shown, toggle);
  return dd;
}

function entry([name, text]) {
  const row = document.createElement("div");
  const dt = document.createElement("dt");
  dt.textContent = name;
  const isLong = beginning(text) !== text;
  const dd = isLong ? longValue(text) : document.createElement("dd");
  if (!isLong) dd.textContent = text;
  if (isLong || text.length > BESIDE_NAME) dd.className = "arkor-config-long";
  row.found = `${name}\n${text}`.toLowerCase();
  row.append(dt, dd);
  return row;
}

function search(root, list) {
  const wanted = root.querySelector("input").value.toLowerCase().split("|").map((text) => text.trim()).filter(Boolean);
  let shown = 0;
  for (const row of list.children) {
    row.hidden = wanted.length > 0 && !wanted.some((text) => row.found.includes(text));
    shown += !row.hidden;
  }
  const count = `${shown.toLocaleString("en")} of ${list.children.length.toLocaleString("en")}`;
  root.querySelector("[role=status]").textContent = !wanted.length ? "" : shown ? count : "No value fits.";
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".arkor-config");
  const list = root.querySelector("dl");
  const text = JSON.stringify(data);
  if (root.drawn === text) return;
  root.drawn = text;
  const tools = root.querySelector(".arkor-config-tools");
  tools.querySelector("button")?.remove();
  if (data.json) tools.append(copyButton(`Copy the ${data.noun} as JSON`, data.json));
  list.replaceChildren(...data.values.map(entry));
  root.querySelector("[role=region]").setAttribute("aria-label", `Values of the ${data.noun}`);
  const field = root.querySelector("input");
  field.setAttribute("aria-label", `Search the ${data.noun}`);
  field.hidden = data.values.length < data.searched_from;
  field.oninput = () => search(root, list);
  search(root, list);
}
