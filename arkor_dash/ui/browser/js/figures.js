// A strip of figures, whose numbers change in place.

function newFigure() {
  const figure = document.createElement("div");
  for (const [tag, className] of [["dt", "label"], ["dd", "value"], ["dd", "note"]]) {
    figure.appendChild(document.createElement(tag)).className = `arkor-figure-${className}`;
  }
  return figure;
}

function showBar(figure, { share, value }) {
  let bar = figure.querySelector("progress");
  if (share === null) return bar?.parentElement.remove();
  if (!bar) {
    const cell = document.createElement("dd");
    cell.className = "arkor-figure-bar";
    bar = cell.appendChild(document.createElement("progress"));
    bar.setAttribute("aria-label", "Progress");
    figure.append(cell);
  }
  bar.value = share;
  bar.textContent = value;
}

function write(list, figures) {
  figures.forEach((each, i) => {
    const figure = list.children[i] ?? list.appendChild(newFigure());
    figure.className = `arkor-figure arkor-figure-${each.tone || "plain"}`;
    const [label, value, note] = figure.children;
    showText(label, each.label);
    showText(value, each.value);
    showText(note, each.note);
    showBar(figure, each);
  });
  while (list.children.length > figures.length) list.lastElementChild.remove();
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("dl");
  list.className = "arkor-figures";
  list.setAttribute("aria-label", data.label);
  live.showNewest(data, ({ figures }) => write(list, figures));
}
