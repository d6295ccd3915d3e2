// A list of labels and values. Times are written as the viewer's browser writes them; an id can be copied.

function value([, text, kind]) {
  const dd = document.createElement("dd");
  if (kind === "time" && text !== null) {
    const time = document.createElement("time");
    const moment = new Date(text);
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleString();
    dd.append(time);
  } else if (kind === "copy") {
    const code = document.createElement("code");
    code.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "arkor-copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy the job ID");
    button.onclick = async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code); // no clipboard without https: the id is selected instead
        button.textContent = "Press Ctrl+C";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    };
    dd.append(code, button);
  } else dd.textContent = text ?? "–";
  return dd;
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  data.facts.forEach((fact, i) => {
    const text = JSON.stringify(fact);
    const dt = list.children[2 * i] ?? list.appendChild(document.createElement("dt"));
    const dd = list.children[2 * i + 1] ?? list.appendChild(document.createElement("dd"));
    if (dt.dataset.fact === text) return;
    dt.dataset.fact = text;
    dt.textContent = fact[0];
    dt.title = fact[3];
    dd.replaceWith(value(fact));
  });
  while (list.children.length > 2 * data.facts.length) list.lastElementChild.remove();
}
