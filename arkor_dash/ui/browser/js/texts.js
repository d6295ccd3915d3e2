// Texts that change with the data. An element whose text is the same is left alone, so a screen reader stays silent.

function write(root, texts) {
  texts.forEach(([text, className, tag, role], i) => {
    let node = root.children[i];
    if (node?.localName !== tag) {
      const fresh = document.createElement(tag);
      if (node) node.replaceWith(fresh);
      else root.append(fresh);
      node = fresh;
    }
    if (node.className !== className) node.className = className;
    if (node.getAttribute("role") !== (role || null)) role ? node.setAttribute("role", role) : node.removeAttribute("role");
    showText(node, text);
  });
  while (root.children.length > texts.length) root.lastElementChild.remove();
}

export default function ({ data, parentElement }) {
  const root = parentElement.firstElementChild;
  root.className = data.class_name;
  live.showNewest(data, ({ texts }) => write(root, texts));
}
