// When a chart is drawn: at once if it was not drawn lately, at most twelve times a second, and less often if many
// points come and a drawing is slow, so that the page keeps time for everything else. A hidden page draws nothing.

const INTERVAL_MS = 80; // less than a tenth of a second, so that updates which come ten times a second need not wait
const MANY_POINTS = 3; // for each drawing
const SHARE = 0.12; // of the main thread, for drawings while many points come

function newPace(draw) {
  return { draw, points: 0, due: 0, timer: 0, waits: false };
}

function drawSoon(pace, points = 1) {
  pace.points += points;
  schedule(pace);
}

function drawNow(pace) {
  clearTimeout(pace.timer);
  Object.assign(pace, { timer: 0, due: 0 });
  drawSoon(pace);
}

function schedule(pace) {
  if (pace.timer || pace.waits) return;
  const wait = pace.due - performance.now();
  if (wait > 0) pace.timer = setTimeout(requestFrame, wait, pace);
  else requestFrame(pace);
}

function requestFrame(pace) {
  pace.timer = 0;
  pace.waits = true;
  live.drawInFrame(async () => {
    const started = performance.now();
    const many = pace.due && pace.points > MANY_POINTS; // the first drawing may bring any number, and load plotly.js
    pace.points = 0;
    await pace.draw();
    const slow = many ? (performance.now() - started) / SHARE : 0;
    pace.due = started + Math.max(INTERVAL_MS, slow);
    pace.waits = false;
    if (pace.points) schedule(pace);
  });
}
