// Helpers that create elements. Texts become text nodes, so nothing is ever parsed as HTML (XSS).

const SVG = "http://www.w3.org/2000/svg";

/** An element; `properties` named `on…` are listeners, `data` and `aria` are groups of attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) put(element, name, value);
  element.append(...present(children));
  return element;
}

/** Replace all children. */
export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

function present(children) {
  return children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false);
}

function put(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "data" || name === "aria") {
    for (const [key, one] of Object.entries(value)) {
      if (one !== undefined && one !== null) element.setAttribute(`${name}-${key}`, String(one));
    }
  } else if (name === "class") element.className = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

const PATHS = {
  hash: "M9 4 7 20M17 4l-2 16M4 9h16M3 15h16",
  home: "M4 11 12 4l8 7M6 10v10h12V10M10 20v-6h4v6",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  reply: "M20 12a7 7 0 0 1-10.5 6L4 20l1.6-4.8A7 7 0 1 1 20 12z",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 4l-5 16-4-6z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  wire: "M4 7h11M11 3l4 4-4 4M20 17H9M13 13l-4 4 4 4",
  keys: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  gallery: "M4 5h7v7H4zM13 5h7v4h-7zM13 11h7v8h-7zM4 14h7v5H4z",
  phone:
    "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  clip: "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.2 4.2l-7.8 7.8a1.5 1.5 0 0 1-2.1-2.1L14 7.5",
  file: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
};

/** A line icon, hidden from screen readers: its button has the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24",
    class: "icon",
    "aria-hidden": "true",
    focusable: "false",
  })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with only an icon; `label` is its accessible name. */
export function iconButton(name, label, onclick, properties = {}) {
  return el(
    "button",
    { type: "button", class: "icon-button", title: label, aria: { label }, onclick, ...properties },
    icon(name),
  );
}

/** A function that gives the focus back to what has it now, also if that was drawn anew. */
export function focusKeeper() {
  const focused = document.activeElement;
  const holder = focused.closest("[data-key]");
  const root = (holder ?? focused).closest("[id]");
  const path = [
    root && `#${CSS.escape(root.id)}`,
    holder && `[data-key="${CSS.escape(holder.dataset.key)}"]`,
    focused.dataset.focus && `[data-focus="${CSS.escape(focused.dataset.focus)}"]`,
  ].filter(Boolean);
  // From the outside in: a message shows its menu only while it has the focus.
  const steps = path.map((_, n) => path.slice(0, n + 1).join(" "));
  return () => {
    const places = focused.isConnected ? [focused] : steps.map((one) => document.querySelector(one));
    for (const place of places) place?.focus({ preventScroll: true });
  };
}

/** Make the children of `parent` match `items`, rebuilding only those whose `print` has changed. */
export function reconcile(parent, items, { key, print = JSON.stringify, build }) {
  const keepFocus = focusKeeper();
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const children = items.map((item) => {
    const [name, mark] = [String(key(item)), print(item)];
    const old = before.get(name);
    if (old?.printed === mark) return old;
    const made = Object.assign(build(item), { printed: mark });
    made.dataset.key = name;
    old?.replaceWith(made);
    return made;
  });
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  // Only new children are put in: taking others out would lose the focus.
  children.forEach((child, n) => {
    if (parent.children[n] !== child) parent.insertBefore(child, parent.children[n] ?? null);
  });
  keepFocus();
}
