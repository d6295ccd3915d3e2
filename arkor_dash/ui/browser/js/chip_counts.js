// The counts on the chips of a filter. They are drawn by CSS: the labels are Streamlit's, which it may draw again at any
// time, and their accessible names stay those of the filter's values. A screen reader hears the count as a description.

export default function ({ data, parentElement }) {
  const sheet = parentElement.querySelector("style");
  live.showNewest(data, ({ counts }) => {
    const chips = document.querySelectorAll(`.st-key-${data.of} [role="radio"]`);
    const rules = counts.map((count, i) => {
      const text = count.toLocaleString();
      chips[i]?.setAttribute("aria-description", count === 1 ? "1 job" : `${text} jobs`);
      return `.st-key-${data.of} [role="radio"]:nth-child(${i + 1})::after { content: "${text}" / ""; ${count ? "" : "opacity: 0.7;"} }`;
    });
    showText(sheet, rules.join("\n"));
  });
}
