// When a chart is drawn: at once if it was not drawn lately, at most ten times a second, and less often if many updates
// come and a drawing is slow, so that the page keeps time for everything else. A hidden page draws nothing.

const INTERVAL_MS = 100;
const TOLERANCE_MS = 20; // a drawing may be so much early: updates that come ten times a second are not quite regular
const MANY_UPDATES = 3; // for each drawing
const SHARE = 0.12; // of the main thread, for drawings while many updates come

function newPace(draw) {
  return { draw, updates: 0, due: 0, timer: 0, frame: 0 };
}

function drawSoon(pace) {
  pace.updates += 1;
  schedule(pace);
}

function drawNow(pace) {
  clearTimeout(pace.timer);
  Object.assign(pace, { timer: 0, due: 0 });
  drawSoon(pace);
}

function schedule(pace) {
  if (pace.timer || pace.frame) return;
  const wait = pace.due - TOLERANCE_MS - performance.now();
  if (wait > 0) pace.timer = setTimeout(requestFrame, wait, pace);
  else requestFrame(pace);
}

function requestFrame(pace) {
  pace.timer = 0;
  pace.frame = requestAnimationFrame(async () => {
    const started = performance.now();
    const many = pace.updates > MANY_UPDATES;
    pace.updates = 0;
    await pace.draw();
    const slow = many ? (performance.now() - started) / SHARE : 0;
    pace.due = Math.max(pace.due, started) + Math.max(INTERVAL_MS, slow);
    pace.frame = 0;
    if (pace.updates) schedule(pace);
  });
}
