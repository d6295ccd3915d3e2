// Loads plotly.js once for all components. This script precedes that of each component that needs it.

function loadPlotly(source) {
  window.arkorPlotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = new URL(source, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      setTimeout(() => (window.arkorPlotly = undefined), 5000); // a later update tries again
      reject(new Error(`could not load ${script.src}`));
    };
    document.head.append(script);
  });
  return window.arkorPlotly;
}
