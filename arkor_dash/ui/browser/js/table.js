// The jobs as an HTML table: links can be opened in a new tab, rows can be reached by keyboard, and times are local.

const tables = new WeakMap();

function cell(className, ...content) {
  const td = document.createElement("td");
  td.className = className;
  td.setAttribute("role", "cell"); // on a phone, CSS lays it out as a list, which would hide that it is a table
  td.append(...content);
  return td;
}

function tick(id, name, state) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = state.chosen.has(id);
  box.setAttribute("aria-label", `Choose ${name || id}`);
  box.onchange = () => {
    state.chosen[box.checked ? "add" : "delete"](id);
    state.send("chosen", [...state.chosen]);
  };
  return box;
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

function newRow([id, name, status, createdAt], state) {
  const tr = document.createElement("tr");
  tr.setAttribute("role", "row");
  const chip = document.createElement("span");
  chip.className = `arkor-chip arkor-status-${status.replace(/[^a-z]/g, "-")}`;
  chip.textContent = status.charAt(0).toUpperCase() + status.slice(1) + (status === "cancelling" ? "…" : "");
  const link = document.createElement("a");
  link.href = new URL(`job?id=${encodeURIComponent(id)}`, document.baseURI).href;
  link.textContent = name || id;
  link.title = name || id;
  const created = document.createElement("time");
  if (createdAt !== null) {
    const moment = new Date(createdAt);
    created.dateTime = moment.toISOString();
    created.textContent = moment.toLocaleString();
  } else created.textContent = "–";
  const code = document.createElement("code");
  code.textContent = id;
  code.title = id;
  tr.append(
    cell("arkor-cell-status", ...(state.choosing ? [tick(id, name, state), chip] : [chip])),
    cell("arkor-cell-name", link),
    cell("arkor-cell-created", created),
    cell("arkor-cell-id", code),
  );
  if (state.editable) tr.append(cell("arkor-cell-edit", editButton(id, name, state)));
  tr.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || getSelection().toString()) return;
    if (event.target.type === "checkbox") return;
    if (state.choosing && event.target !== link) return tr.querySelector("input").click();
    event.preventDefault();
    state.open(id);
  };
  return tr;
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const table = parentElement.querySelector("table");
  const body = table.tBodies[0];
  let state = tables.get(parentElement);
  if (!state) tables.set(parentElement, (state = { shown: new Map(), chosen: new Set(data.chosen ?? []) }));
  state.choosing = data.chosen !== null;
  state.editable = data.editable;
  state.open = (id) => setTriggerValue("open", id);
  state.edit = (id) => setTriggerValue("edit", id);
  state.send = setStateValue;
  table.setAttribute("aria-label", data.label);
  table.classList.toggle("arkor-choosing", state.choosing);
  table.querySelector("th.arkor-cell-edit").hidden = !state.editable;

  const next = new Map();
  for (const job of data.jobs) {
    const known = state.shown.get(job[0]);
    const text = JSON.stringify([...job, state.choosing, state.editable]);
    next.set(job[0], known?.text === text ? known : { text, row: newRow(job, state) });
  }
  state.shown.forEach((entry, id) => next.get(id)?.row !== entry.row && entry.row.remove());
  let place = body.firstElementChild;
  for (const { row } of next.values()) {
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  state.shown = next;
  // Loading plotly.js takes most of a second, so it starts before a job is opened.
  if (!navigator.connection?.saveData)
    (window.requestIdleCallback ?? setTimeout)(() => loadPlotly(data.library).catch(() => {})); // a chart tries again
}
