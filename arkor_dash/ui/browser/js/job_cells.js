// What the cells of the list of jobs show besides a text: a curve, how much of a run is done, and that it needs a look.

const MISSING = "–";
const WIDTH = 100; // of a curve, in its own units
const HEIGHT = 100;

function newCurve() {
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
  const svg = svgNode("svg", { class: "arkor-spark", role: "img", ...size });
  svg.append(svgNode("polyline"));
  return svg;
}

function showCurve(svg, label, heights) {
  const shown = heights.length === 1 ? [heights[0], heights[0]] : heights; // a single point has no line
  const points = shown.map((height, i) => `${(WIDTH * i) / (shown.length - 1)},${HEIGHT - height}`);
  svg.setAttribute("aria-label", label);
  svg.firstChild.setAttribute("points", points.join(" "));
}

function newShare() {
  const bar = document.createElement("span");
  bar.className = "arkor-share";
  bar.append(document.createElement("i"));
  return bar;
}

function warningSign() {
  const sign = document.createElement("span");
  sign.className = "arkor-warning";
  sign.setAttribute("role", "img");
  return sign;
}

// `warning` is "" if nothing needs a look.
function showWarning(sign, warning) {
  sign.hidden = !warning;
  sign.title = warning;
  sign.setAttribute("aria-label", warning);
}

// Shows a value, `text` or [words, heights], in the cell. What is shown the same way stays, and only changes.
function showValue(td, kind, label, value) {
  const isCurve = Array.isArray(value);
  const isShare = kind === "progress" && value !== MISSING;
  const way = isCurve ? "curve" : isShare ? "share" : "text";
  if (td.dataset.way !== way) {
    td.dataset.way = way;
    td.replaceChildren(...(isCurve ? [newCurve()] : isShare ? [newShare(), document.createElement("span")] : []));
  }
  td.classList.toggle("arkor-cell-missing", value === MISSING);
  td.title = isCurve ? value[0] : value;
  if (isCurve) showCurve(td.firstChild, `${label}: ${value[0]}`, value[1]);
  else if (isShare) {
    td.firstChild.classList.toggle("arkor-share-whole", value === "100%");
    td.firstChild.firstChild.style.width = value;
    showText(td.lastChild, value);
  } else showText(td, value);
}
