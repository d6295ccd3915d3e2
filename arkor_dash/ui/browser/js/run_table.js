// The results and settings of compared runs. The browser has all values, so it sorts by itself.
// A column is [label, isNumber, cells], and a cell [text, key]. Without a text, the key is the seconds of a duration
// that counts on. A cell whose text stays is left alone, so a selection lives on while values move.

const tables = new WeakMap(); // by the component's element
const texts = new Intl.Collator(undefined, { numeric: true });

// By keys: missing ones are last in both directions, numbers are before texts.
function compareKeys(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one !== typeof other) return typeof one === "number" ? -sign : sign;
  return sign * (typeof one === "number" ? one - other : texts.compare(one, other));
}

function sortedRows({ rows, columns, sort, receivedAt }) {
  const cells = columns.find(([label]) => label === sort.label)?.[2];
  if (!cells) return rows;
  const counted = (performance.now() - receivedAt) / 1000;
  const keys = cells.map(([text, key]) => (text === null ? key + counted : key));
  const places = rows.map((_, place) => place);
  const sign = sort.direction === "descending" ? -1 : 1;
  return places.sort((i, j) => compareKeys(keys[i], keys[j], sign)).map((place) => rows[place]);
}

// As in the list of jobs, a third click restores the order.
function sortBy(state, label) {
  const last = state.sort.label === label ? state.sort.direction : "";
  const direction = { "": "ascending", ascending: "descending", descending: "" }[last];
  state.sort = direction ? { label, direction } : {};
  show(state);
}

function showHead(state) {
  const { columns, sort, table } = state;
  const text = JSON.stringify([columns.map(([label, isNumber]) => [label, isNumber]), sort]);
  if (state.head === text) return;
  state.head = text;
  const cells = columns.map(([label, isNumber]) =>
    headCell(label, { isNumber, sorted: sort.label === label ? sort.direction : "", onSort: () => sortBy(state, label) }),
  );
  replaceHead(table.tHead.rows[0], cells);
}

function newRow(id, place, state) {
  const row = document.createElement("tr");
  row.setAttribute("role", "row");
  const swatch = document.createElement("span");
  swatch.className = "arkor-swatch";
  swatch.style.background = `var(--arkor-run-${place})`;
  const link = jobLink(id);
  link.onclick = (event) => {
    if (isForBrowser(event)) return;
    event.preventDefault();
    state.open(place);
  };
  row.append(cell("", swatch, link), cell("", document.createElement("span")));
  return row;
}

function showCell(td, isNumber, [text, key], at) {
  align(td, isNumber);
  if (text !== null) td.now = null;
  else if (td.at !== at || !td.now) Object.assign(td, { at, now: counter("running", key) });
  const shown = td.now?.() ?? text;
  showText(td, shown);
  td.title = isNumber ? "" : shown; // it may be too long to be shown
}

function showRow(row, place, { columns, at }) {
  const [[name], [status], ...others] = columns.map(([, , cells]) => cells[place]);
  const [, link] = row.cells[0].children;
  showText(link, name);
  link.title = name;
  const chip = row.cells[1].firstElementChild;
  if (chip.dataset.status !== status) showStatus(chip, (chip.dataset.status = status));
  others.forEach((each, i) => {
    const td = row.cells[i + 2] ?? row.appendChild(cell(""));
    showCell(td, columns[i + 2][1], each, at);
  });
  while (row.cells.length > columns.length) row.lastElementChild.remove();
}

function show(state) {
  showHead(state);
  state.rows.forEach((row, place) => showRow(row, place, state));
  placeRows(state.table.tBodies[0], sortedRows(state));
}

export default function ({ data, parentElement, setTriggerValue }) {
  let state = tables.get(parentElement);
  if (!state) tables.set(parentElement, (state = { table: parentElement.querySelector("table"), sort: {} }));
  const ids = JSON.stringify(data.job_ids);
  if (state.ids !== ids) {
    state.ids = ids;
    state.rows = data.job_ids.map((id, place) => newRow(id, place, state));
    state.table.tBodies[0].replaceChildren();
  }
  state.open = (place) => setTriggerValue("open", place);
  state.table.setAttribute("aria-label", data.label);
  live.showNewest(data, ({ columns, at }) => {
    if (state.at !== at) Object.assign(state, { at, receivedAt: performance.now() });
    state.columns = [...columns, ...data.unchanging];
    show(state);
  });
  return keepCounting(parentElement, "td");
}
