// The head of a chart: its heading, its legend, and how many points are drawn. The chart keeps it up to date (chart_legend.js).

const SYMBOLS = {
  circle: "M13 3a3 3 0 1 0 0 6 3 3 0 1 0 0-6Z",
  "triangle-up": "M13 2 17.5 10h-9Z",
};

function swatch({ mode, dash, symbol, angle, colour, opacity }) {
  const svg = svgNode("svg", { viewBox: mode === "markers" ? "7 0 12 12" : "0 0 26 12", "aria-hidden": true });
  Object.assign(svg.style, { color: colour, opacity });
  if (mode.includes("lines")) {
    const dashes = dash ? { "stroke-dasharray": "6 14 6" } : {};
    svg.append(svgNode("path", { d: "M0 6H26", class: "arkor-legend-line", ...dashes }));
  }
  if (mode.includes("markers"))
    svg.append(svgNode("path", { d: SYMBOLS[symbol], class: "arkor-legend-mark", transform: `rotate(${angle} 13 6)` }));
  return svg;
}

function buildLegend(root, legend) {
  const text = JSON.stringify(legend);
  if (root.built === text) return;
  const focused = root.contains(document.activeElement) ? document.activeElement.entry : null;
  root.built = text;
  root.replaceChildren(
    ...legend.map((entry) => {
      const button = document.createElement("button");
      button.type = "button";
      button.entry = entry.id;
      button.append(swatch(entry), entry.name);
      return button;
    }),
  );
  [...root.children].find((button) => button.entry === focused)?.focus({ preventScroll: true });
}

function write(root, { heading, tag, note, legend, hidden, toggle }) {
  const [title, entries, count] = root.children;
  if (title.firstElementChild?.localName !== tag) {
    const node = document.createElement(tag);
    node.className = "arkor-heading";
    title.replaceChildren(node);
  }
  showText(title.firstElementChild, heading);
  buildLegend(entries, legend);
  entries.hidden = !legend.length;
  for (const button of entries.children) {
    button.setAttribute("aria-pressed", String(!hidden?.has(button.entry)));
    button.onclick = () => toggle?.(button.entry);
  }
  showText(count, note);
  count.hidden = !note;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".arkor-chart-head");
  live.showNewest(data, (shown) => write(root, shown));
}
