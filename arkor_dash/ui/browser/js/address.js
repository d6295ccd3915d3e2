// Sets parameters of the page's address, each to its list of values. Streamlit's own way would add an entry to the browser's
// history for each change. `write` does that with "pushState".
function setParameters(parameters, write = "replaceState") {
  const address = new URL(location.href);
  let differs = false;
  for (const [name, values] of Object.entries(parameters)) {
    if (JSON.stringify(address.searchParams.getAll(name)) === JSON.stringify(values.map(String))) continue;
    differs = true;
    address.searchParams.delete(name);
    for (const value of values) address.searchParams.append(name, value);
  }
  if (differs) history[write](write === "pushState" ? {} : history.state, "", address);
}
