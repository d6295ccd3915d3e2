// Sets parameters of the page's address, each to its list of values. Streamlit's own way would add an entry to the browser's
// history for each change. `write` does that with "pushState".
function setParameters(parameters, write = "replaceState") {
  addressKeeper.keep(parameters);
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

const addressKeeper = (window.arkorAddress ??= newAddressKeeper()); // each component's script is a module of its own

// Streamlit can write the whole address as it knew it earlier. What was set here since is set again.
function newAddressKeeper() {
  let page = "";
  let kept = {};
  const shown = () => `${location.pathname}?${new URLSearchParams(location.search).get("id")}`;
  const keep = (parameters) => {
    if (page !== shown()) [page, kept] = [shown(), {}];
    Object.assign(kept, parameters);
  };
  window.navigation?.addEventListener("currententrychange", ({ navigationType }) => {
    if (page !== shown()) return;
    if (navigationType === "traverse") kept = {}; // the viewer has gone back
    else setParameters(kept);
  });
  return { keep };
}
