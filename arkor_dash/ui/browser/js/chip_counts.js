// The counts on the chips of a filter. They are drawn by CSS: the labels are Streamlit's, which it may draw again at any
// time, and their accessible names stay those of the filter's values. A screen reader hears the count as a description.

const watchers = new WeakMap(); // by the component's element

function describe(of, counts) {
  document.querySelectorAll(`.st-key-${of} [role="radio"]`).forEach((chip, i) => {
    chip.setAttribute("aria-description", counts[i] === 1 ? "1 job" : `${counts[i]?.toLocaleString()} jobs`);
  });
}

export default function ({ data, parentElement }) {
  const sheet = parentElement.querySelector("style");
  live.showNewest(data, ({ counts }) => {
    const rules = counts.map((count, i) => {
      const text = count.toLocaleString();
      return `.st-key-${data.of} [role="radio"]:nth-child(${i + 1})::after { content: "${text}" / ""; ${count ? "" : "opacity: 0.7;"} }`;
    });
    showText(sheet, rules.join("\n"));
    describe(data.of, counts);
    watchers.get(parentElement)?.disconnect();
    // A chip can come later, or be replaced.
    const watcher = new MutationObserver(() => (sheet.isConnected ? describe(data.of, counts) : watcher.disconnect()));
    watcher.observe(document.querySelector(".stMain"), { childList: true, subtree: true });
    watchers.set(parentElement, watcher);
  });
}
