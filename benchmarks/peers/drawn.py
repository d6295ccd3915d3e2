"""JavaScript for the pages of the tools: the last step that is drawn, and the line as it is drawn."""

import re

PLOTLY = """
const plot = () => document.querySelector("SELECTOR");
const paths = () => [...(plot()?.querySelectorAll(".scatterlayer path.js-line") ?? [])];
window.line = () => paths().map((path) => path.getAttribute("d")).join("");
const isLine = (trace) => trace.x?.length && trace.mode !== "none";
const traces = () => (window.line() ? plot()._fullData.filter(isLine) : []);
window.lastStep = () => Math.max(-Infinity, ...traces().map((trace) => Number(trace.x.at(-1))));
window.points = () => Math.max(0, ...traces().map((trace) => trace.x.length));
"""
"""For a chart by Plotly, whose data say what it draws."""

RECEIVED = """
// The last step that an answer from ADDRESS had, and the drawing that there was when the answer came.
let received = -Infinity, before, shown = -Infinity;
const note = (text) => {
  const steps = [...text.matchAll(/"step":\\s*(\\d+)/g)].map((match) => Number(match[1]));
  const last = steps.reduce((a, b) => Math.max(a, b), -Infinity);
  if (last > received) [received, before] = [last, drawing()];
};
window.lastStep = () => {
  if (received > shown && drawing() !== before) shown = received;
  return shown;
};
const fetched = window.fetch;
window.fetch = async (...request) => {
  const answer = await fetched(...request);
  if (answer.url.includes("ADDRESS")) note(await answer.clone().text());
  return answer;
};
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (...body) {
  this.addEventListener("readystatechange", () => {
    if (this.readyState === 4 && this.responseURL.includes("ADDRESS"))
      note(typeof this.response === "string" ? this.response : JSON.stringify(this.response));
  });
  return send.apply(this, body);
};
window.points = () => window.line().split("L").length;
"""
"""For a chart that does not say what it draws: it shows what was received once it is drawn anew."""

SVG = """
// A page without WebGL draws lines as SVG, which can be read.
const context = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind.startsWith("webgl") ? null : context.call(this, kind, ...options);
};
window.line = () => [...document.querySelectorAll("SELECTOR")].map((path) => path.getAttribute("d") ?? "")
  .reduce((a, b) => (b.length > a.length ? b : a), "");
const drawing = () => window.line();
"""

CANVAS = """
// The longest line of the last drawing, as the path that an SVG would have.
let path = "", longest = "", drawings = 0;
const canvas = CanvasRenderingContext2D.prototype;
for (const [name, letter] of [["moveTo", "M"], ["lineTo", "L"]]) {
  const draw = canvas[name];
  canvas[name] = function (x, y) { path += `${letter}${x},${y}`; return draw.call(this, x, y); };
}
const begin = canvas.beginPath, clear = canvas.clearRect, stroke = canvas.stroke;
canvas.beginPath = function () { path = ""; return begin.call(this); };
canvas.clearRect = function (...box) { longest = ""; return clear.apply(this, box); };
canvas.stroke = function (...lines) {
  if (path.length > longest.length) [longest, drawings] = [path, drawings + 1];
  return stroke.apply(this, lines);
};
window.line = () => longest;
const drawing = () => drawings;
"""

SEEN = """
// When each step was painted, in Unix milliseconds.
window.seen = {};
let last = window.lastStep();
const look = () => {
  const first = Number.isFinite(last) ? last + 1 : 1, now = window.lastStep();
  if (now >= first) {
    last = now;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const at = performance.timeOrigin + performance.now();
      for (let step = first; step <= now; step++) window.seen[step] = at;
    };
    channel.port2.postMessage(0);
  }
  requestAnimationFrame(look);
};
look();
"""


def has_spike(line: str, share: float) -> bool:
    """Whether the highest point of the line is where the spike is.

    Args: line: an SVG path. share: where the spike is between the left and the right end of the line, in [0, 1].
    """
    points = [tuple(map(float, point.split(","))) for point in re.findall(r"[-\d.e]+,[-\d.e]+", line)]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    x, _ = min(points, key=lambda point: point[1])  # the y axis of an SVG points down
    return abs((x - left) / (right - left) - share) < 0.01
