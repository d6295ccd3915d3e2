// The jobs as an HTML table: links can be opened in a new tab, rows can be reached by keyboard, and times are local.

const tables = new WeakMap();
const MOST_TICKS = 50; // in the address

function tick(id, name, state) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = state.chosen.has(id);
  box.setAttribute("aria-label", `Choose ${name || id}`);
  box.onchange = () => {
    state.chosen[box.checked ? "add" : "delete"](id);
    keepInAddress(state);
    state.send("chosen", [...state.chosen]);
  };
  return box;
}

// A table that can be sorted is that of the Jobs page: its address holds what the viewer has chosen.
function keepInAddress({ sort, columns, byRoom, choosing, chosen }) {
  if (sort === null) return;
  const ticks = choosing ? [...chosen].slice(0, MOST_TICKS) : [];
  const turnedOn = columns.length ? columns.map(([id]) => id) : ["none"];
  setParameters({ column: byRoom ? [] : turnedOn, sort: sort ? [sort] : [], chosen: ticks });
}

function editButton(id, name, state) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "arkor-edit";
  button.textContent = "more_vert";
  button.title = "Edit";
  button.setAttribute("aria-label", `Edit ${name || id}`);
  button.onclick = (event) => {
    event.stopPropagation();
    state.edit(id);
  };
  return button;
}

const NUMBERS = /^(duration|(last|lowest|highest):.*)$/;

const FIXED = [["status", "Status"], ["name", "Name"], ["created", "Created"], ["id", "ID"]];

function kindOf(columnId) {
  return columnId.split(":")[0];
}

// A click sorts by the column. Without a `sort`, the heads are plain texts.
function sortHead([id, label], { sort, sortBy }) {
  const direction = sort?.startsWith("-") ? "descending" : "ascending";
  const sorted = sort?.replace(/^-/, "") === id ? direction : "";
  const th = headCell(label, { isNumber: NUMBERS.test(id), sorted, onSort: sort === null ? null : () => sortBy(id) });
  th.dataset.kind = kindOf(id);
  return th;
}

function showHead(table, state) {
  const text = JSON.stringify([state.columns, state.sort, state.editable, state.byRoom]);
  if (state.head === text) return;
  state.head = text;
  const cells = [...FIXED, ...state.columns].map((column) => sortHead(column, state));
  if (state.editable) {
    const th = document.createElement("th");
    th.scope = "col";
    th.className = "arkor-cell-edit";
    const word = document.createElement("span");
    word.className = "arkor-unseen";
    word.textContent = "Edit";
    th.append(word);
    cells.push(th);
  }
  replaceHead(table.tHead.rows[0], cells);
  table.style.minWidth = state.columns.length && !state.byRoom ? `${40 + 8 * state.columns.length}rem` : "";
}

// The nodes of a row. Its values are shown by `showRow`.
function newRow(id, name, state) {
  const tr = document.createElement("tr");
  tr.setAttribute("role", "row");
  const chip = document.createElement("span");
  const link = jobLink(id);
  link.textContent = name || id;
  link.title = name || id;
  const sign = warningSign();
  const named = document.createElement("span");
  named.className = "arkor-named";
  named.append(link, sign);
  const created = document.createElement("time");
  const code = document.createElement("code");
  code.textContent = id;
  code.title = id;
  const more = state.columns.map(([columnId, label]) => {
    const td = cell("arkor-cell-more");
    td.dataset.kind = kindOf(columnId);
    td.dataset.label = label;
    align(td, NUMBERS.test(columnId));
    return td;
  });
  tr.append(
    cell("arkor-cell-status", ...(state.choosing ? [tick(id, name, state), chip] : [chip])),
    cell("arkor-cell-name", named),
    cell("arkor-cell-created", created),
    cell("arkor-cell-id", code),
    ...more,
  );
  if (state.editable) tr.append(cell("arkor-cell-edit", editButton(id, name, state)));
  tr.onclick = (event) => {
    if (isForBrowser(event) || getSelection().toString()) return;
    if (event.target.type === "checkbox") return;
    if (state.choosing && event.target !== link) return tr.querySelector("input").click();
    event.preventDefault();
    state.open(id);
  };
  return { row: tr, chip, sign, created, more };
}

function showRow({ chip, sign, created, more }, [, , status, createdAt, values, warning], { columns }) {
  if (chip.textContent !== status) showStatus(chip, status);
  showWarning(sign, warning);
  if (createdAt === null) showText(created, MISSING);
  else {
    const moment = new Date(createdAt);
    created.dateTime = moment.toISOString();
    showText(created, moment.toLocaleString());
  }
  more.forEach((td, i) => showValue(td, td.dataset.kind, columns[i][1], values[i]));
}

// A row is made anew only if it has other columns or another name. Otherwise it keeps the focus while its values change.
function showJobs(body, state, jobs) {
  const next = new Map();
  for (const job of jobs) {
    const [id, name] = job;
    const form = JSON.stringify([name, state.choosing, state.editable, state.columns]);
    const known = state.shown.get(id);
    const entry = known?.form === form ? known : { form, ...newRow(id, name, state) };
    showRow(entry, job, state);
    next.set(id, entry);
  }
  state.shown.forEach((entry, id) => next.get(id)?.row !== entry.row && entry.row.remove());
  placeRows(body, [...next.values()].map(({ row }) => row));
  state.shown = next;
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const table = parentElement.querySelector("table");
  const body = table.tBodies[0];
  let state = tables.get(parentElement);
  if (!state) tables.set(parentElement, (state = { shown: new Map(), chosen: new Set(data.chosen ?? []) }));
  state.choosing = data.chosen !== null;
  state.editable = data.editable;
  state.columns = data.columns;
  state.byRoom = data.by_room;
  state.sort = data.sort;
  state.sortBy = (id) => setTriggerValue("sort", id);
  state.open = (id) => setTriggerValue("open", id);
  state.edit = (id) => setTriggerValue("edit", id);
  state.send = setStateValue;
  table.setAttribute("aria-label", data.label);
  table.classList.toggle("arkor-choosing", state.choosing);
  table.classList.toggle("arkor-by-room", state.byRoom);
  showHead(table, state);
  keepInAddress(state);

  live.showNewest(data, ({ jobs }) => showJobs(body, state, jobs));
  // Loading plotly.js takes most of a second, so it starts before a job is opened.
  if (!navigator.connection?.saveData)
    (window.requestIdleCallback ?? setTimeout)(() => loadPlotly(data.library).catch(() => {})); // a chart tries again
}
