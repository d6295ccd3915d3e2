// A button that copies a text. `name` is its accessible name.
function copyButton(name, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "arkor-copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", name);
  button.onclick = async () => {
    button.textContent = (await copied(text, button)) ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  return button;
}

async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard, but a selected text can be copied.
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.style.position = "fixed";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    return done;
  }
}
