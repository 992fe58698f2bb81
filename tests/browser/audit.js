// Accessibility problems: elements without a name, duplicate ids, and texts with too little contrast
// (WCAG 1.4.3).
() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const labelled = (one) => [...(one.labels ?? [])].map((label) => label.textContent).join("");
  const named = (one) =>
    (one.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join("") ||
    one.getAttribute("aria-label") ||
    labelled(one) ||
    (["INPUT", "SELECT", "TEXTAREA"].includes(one.tagName) ? "" : one.textContent);
  const nameless = [
    ...document.querySelectorAll(
      "button, a, input, select, textarea, dialog[open], [role=img], [role=region], nav, aside, ol.messages",
    ),
  ]
    .filter((one) => shown(one) && !named(one).trim())
    .map((one) => one.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  const doubled = ids.filter((id, n) => ids.indexOf(id) !== n);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const c = rgba(getComputedStyle(at).backgroundColor);
      if (c[3] > 250) return c;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || !shown(one) || one.closest(".unseen, .skip, :disabled, option"))
      continue;
    const [a, b] = [light(rgba(getComputedStyle(one).color)), light(ground(one))].sort(
      (x, y) => y - x,
    );
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5)
      faint.push(
        `${contrast.toFixed(2)} ${node.data.trim().slice(0, 40)} <${one.tagName.toLowerCase()} class=${one.className}>`,
      );
  }
  return [
    ...nameless.map((one) => `no name: ${one}`),
    ...doubled.map((id) => `twice: #${id}`),
    ...new Set(faint),
  ];
};
