// The message box: Enter sends, Shift+Enter starts a new line, a slash starts a command.

import { el, icon, iconButton } from "./dom.js";
import { FilePicker } from "./files.js";

/**
 * A message box. `send(text, files)` returns a promise, false if the message was not sent. Unsent
 * text is passed to `saveDraft` and restored from `draft`.
 */
export function composer(viewContext, { label, placeholder, send, beside = [], draft, saveDraft }) {
  const box = el("textarea", {
    rows: "1",
    placeholder,
    aria: { label },
    spellcheck: "false",
    autocomplete: "off",
    maxlength: "4000",
  });
  const button = iconButton("send", viewContext.say("send"), submit, { class: "icon-button send" });
  const grow = () => {
    saveDraft?.(box.value);
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    button.disabled = !box.value.trim() && !picker.chosen;
  };
  const picker = new FilePicker(viewContext, grow);
  async function submit() {
    const text = box.value.trim();
    const file = picker.chosen;
    if (!text && !file) return;
    box.value = "";
    picker.choose(null);
    if ((await send(text, file ? [file] : [])) === false && !box.value) {
      box.value = text;
      picker.choose(file);
    }
    box.focus();
  }
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  box.value = draft ?? "";
  button.disabled = !box.value.trim();
  return el(
    "div",
    { class: "composer" },
    box,
    el(
      "div",
      { class: "composer-foot" },
      ...beside,
      ...picker.parts,
      el("span", { class: "spring" }),
      button,
    ),
  );
}

/** Buttons that send an example. */
export function examples(viewContext, texts, send) {
  return el(
    "div",
    { class: "examples", role: "group", aria: { label: viewContext.say("examples") } },
    el("span", { class: "examples-label" }, viewContext.say("examples")),
    ...texts.map((text) =>
      el("button", { type: "button", class: "example", onclick: () => send(text) }, text),
    ),
  );
}

/** The button of the global shortcut. */
export function globalShortcut(viewContext) {
  return el(
    "button",
    { type: "button", class: "tool", onclick: () => viewContext.act({ do: "global_shortcut" }) },
    icon("bolt"),
    viewContext.say("global_shortcut"),
  );
}
