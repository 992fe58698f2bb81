// Where a person types: Enter sends, Shift and Enter begins a line, a slash is a command.

import { el, icon, iconButton } from "./dom.js";
import { FilePicker } from "./files.js";

/**
 * A composer; `send(text, files)` gives a promise that is false where nothing was done with them.
 * What is typed and not sent is handed to `keep`, and comes back as `draft`.
 */
export function composer(eyes, { label, placeholder, send, beside = [], draft, keep }) {
  const box = el("textarea", {
    rows: "1",
    placeholder,
    aria: { label },
    spellcheck: "false",
    autocomplete: "off",
    maxlength: "4000",
  });
  const button = iconButton("send", eyes.say("send"), submit, { class: "icon-button send" });
  const grow = () => {
    keep?.(box.value);
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    button.disabled = !box.value.trim() && !picker.chosen;
  };
  const picker = new FilePicker(eyes, grow);
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
    el("div", { class: "composer-foot" }, ...beside, ...picker.parts, el("span", { class: "spring" }), button),
  );
}

/** Buttons that send a ready text. */
export function examples(eyes, texts, send) {
  return el(
    "div",
    { class: "examples", role: "group", aria: { label: eyes.say("examples") } },
    el("span", { class: "examples-label" }, eyes.say("examples")),
    ...texts.map((text) =>
      el("button", { type: "button", class: "example", onclick: () => send(text) }, text),
    ),
  );
}

/** The button of the shortcut that belongs to no message. */
export function globalShortcut(eyes) {
  return el(
    "button",
    { type: "button", class: "tool", onclick: () => eyes.act({ do: "global_shortcut" }) },
    icon("bolt"),
    eyes.say("global_shortcut"),
  );
}
