// The rows and cells that the tables of jobs have in common.

function cell(className, ...content) {
  const td = document.createElement("td");
  td.className = className;
  td.setAttribute("role", "cell"); // on a phone, CSS lays a table out as a list, which would hide that it is a table
  td.append(...content);
  return td;
}

function jobLink(id) {
  const link = document.createElement("a");
  link.href = new URL(`job?id=${encodeURIComponent(id)}`, document.baseURI).href;
  return link;
}

// Whether a click on a link is one that the browser follows by itself, in a new tab for example.
function isForBrowser(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey;
}

// `status` is the text that is shown.
function showStatus(chip, status) {
  chip.className = `arkor-chip arkor-status-${(status.toLowerCase().match(/[a-z]+/g) ?? []).join("-")}`;
  chip.textContent = status;
}

// Numbers are aligned at their last digit.
function align(element, isNumber) {
  element.classList.toggle("arkor-cell-number", isNumber);
}

// `sorted` is the direction in which the column sorts, "" if it does not. Without an `onSort`, the head is a plain text.
function headCell(label, { isNumber, sorted, onSort }) {
  const th = document.createElement("th");
  th.scope = "col";
  th.title = label;
  align(th, isNumber);
  if (!onSort) {
    th.textContent = label;
    return th;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "arkor-sort";
  const text = document.createElement("span");
  text.textContent = label;
  button.append(text);
  if (sorted) th.setAttribute("aria-sort", sorted);
  button.onclick = onSort;
  th.append(button);
  return th;
}

// The button at the place of the focused one is focused.
function replaceHead(row, cells) {
  const focused = [...row.cells].findIndex((each) => each.contains(document.activeElement));
  row.replaceChildren(...cells);
  if (focused >= 0) cells[focused]?.querySelector("button")?.focus();
}

// Only rows that have another place are moved. A row that moves would lose the focus.
function placeRows(body, rows) {
  const focused = document.activeElement;
  let place = body.firstElementChild;
  for (const row of rows) {
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  if (body.contains(focused)) focused.focus({ preventScroll: true });
}
