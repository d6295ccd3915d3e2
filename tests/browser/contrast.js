// The texts whose contrast with their background is too low, as [contrast, text, colour, background].
// Source: WCAG 2.1, success criterion 1.4.3 (4.5 to 1); disabled controls and drawings are exempt.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const over = (front, back) => [0, 1, 2].map((i) => front[i] * (front[3] / 255) + back[i] * (1 - front[3] / 255));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 255 ? over(own, [0, 0, 0]) : over(own, behind(element.parentElement));
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const texts = document.createTreeWalker(document.querySelector(".stApp"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    const exempt = element.closest("style, script, svg, [disabled], [data-testid=stIconMaterial], [data-testid=stHeader]");
    if (!text || exempt || !element.checkVisibility()) continue;
    const back = behind(element);
    const front = over(rgba(getComputedStyle(element).color), back);
    const [darker, brighter] = [luminance(front), luminance(back)].sort((a, b) => a - b);
    const contrast = (brighter + 0.05) / (darker + 0.05);
    if (contrast < 4.5) found.push([contrast.toFixed(2), text, front.map(Math.round).join(), back.map(Math.round).join()]);
  }
  return found;
}
