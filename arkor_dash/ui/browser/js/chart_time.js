// Plotly shows Unix milliseconds in local time, and calculates with that time as if it were UTC. When summer time ends,
// an hour of local time comes twice. This is its first time.
function unixMs(localMs) {
  return Date.parse(new Date(localMs).toISOString().slice(0, -1)); // without the Z, it is read as local time
}

// The last time at which it is that local time.
function lastUnixMs(localMs) {
  const first = unixMs(localMs);
  const dayLater = new Date(first + 24 * 3600e3);
  const again = localMs + dayLater.getTimezoneOffset() * 60e3;
  return localTimeOf(again) === localMs ? again : first;
}

function localTimeOf(unix) {
  return unix - new Date(unix).getTimezoneOffset() * 60e3;
}

// The local time as Plotly writes it.
function dateOf(unix) {
  return new Date(localTimeOf(unix)).toISOString().replace("T", " ").slice(0, -1);
}
