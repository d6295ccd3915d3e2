// A row of a run's output: a text, or a list of pieces. A piece is a text, or a list: text, attributes, text colour,
// background (output_row.py). All text is set as textContent, and all colours are made numbers first, so nothing that
// a run prints is interpreted as HTML or CSS.

const ATTRIBUTES = ["bold", "dim", "italic", "underline", "strike", "reverse"]; // by bit
const MOST_SPANS = 50000;
const pieces = new WeakMap(); // the JSON text of the pieces that each row shows

function fillOutput(li, row) {
  if (typeof row === "string") {
    if (li.firstElementChild || li.textContent !== row) li.textContent = row;
    return;
  }
  const text = JSON.stringify(row);
  if (li.firstElementChild && pieces.get(li) === text) return;
  pieces.set(li, text);
  li.replaceChildren(...row.map((piece) => (typeof piece === "string" ? piece : newSpan(piece))));
}

function newSpan([text, attributes, ink = null, paper = null]) {
  const span = document.createElement("span");
  span.textContent = text;
  const names = ATTRIBUTES.filter((_, bit) => (attributes >> bit) & 1);
  if (Array.isArray(ink)) span.style.setProperty("--ink", `light-dark(${hex(ink[0])}, ${hex(ink[1])})`);
  else if (ink !== null) names.push(`ink-${ink & 15}`);
  if (paper !== null) span.style.setProperty("--paper", hex(paper));
  span.className = names.map((name) => `arkor-${name}`).join(" ");
  return span;
}

function hex(colour) {
  return `#${(colour & 0xffffff).toString(16).padStart(6, "0")}`;
}

// The oldest rows become plain text first.
function limitSpans(list) {
  const spans = list.querySelectorAll("span");
  for (let i = 0; i < spans.length - MOST_SPANS; i += 1) {
    const row = spans[i].parentElement;
    if (row) row.textContent = row.textContent;
  }
}
