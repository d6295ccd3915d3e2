// A button that saves a chart of the page as a picture, as the browser shows it, on the page's background colour.

const SCALE = 2;

function background(node) {
  for (let element = node; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (colour && colour !== "transparent" && !/, 0\)$/.test(colour)) return colour;
  }
  return "#ffffff";
}

async function picture(chart) {
  const colour = background(chart);
  const layout = { ...chart.layout, showlegend: true, paper_bgcolor: colour, plot_bgcolor: colour };
  const size = { width: chart.clientWidth, height: chart.clientHeight, scale: SCALE };
  return window.Plotly.toImage({ data: chart.data, layout }, { format: "png", ...size });
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const problem = parentElement.querySelector("p");
  button.querySelector(".arkor-entry-label").textContent = data.label;
  button.setAttribute("aria-label", data.meaning);
  button.disabled = data.disabled;
  button.onclick = async () => {
    const chart = document.querySelector(`.st-key-${data.chart} .arkor-plot`);
    problem.textContent = "";
    try {
      if (!chart?.layout || !window.Plotly) throw new Error("there is no chart on the page");
      const link = document.createElement("a");
      link.href = await picture(chart);
      link.download = `${data.name}.png`;
      parentElement.append(link); // outside of the menu, the click would close it
      link.click();
      link.remove();
    } catch (error) {
      problem.textContent = `The chart can't be saved: ${error.message}`;
    }
  };
}
