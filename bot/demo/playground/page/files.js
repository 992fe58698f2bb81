// Files: those that stand with a message, and the one that goes with the next.

import { el, icon, iconButton } from "./dom.js";

const KINDS = ".csv,.txt,.tsv,text/csv,text/plain";
const STEPS = [
  [1_000_000, "megabyte"],
  [1_000, "kilobyte"],
  [1, "byte"],
];

/** The files of a message: each by its name, to be opened; nothing where there are none. */
export function drawFiles(message, eyes) {
  if (!message.files?.length) return null;
  return el("ul", { class: "files" }, ...message.files.map((file) => el("li", {}, drawn(file, eyes))));
}

/** What a screen reader says of them beside the text. */
export function namesOfFiles(message) {
  return (message.files ?? []).map((file) => file.name).join(", ");
}

function drawn(file, eyes) {
  if (file.gone) return el("span", { class: "file" }, icon("file"), eyes.say("file_gone"));
  const size = el("small", {}, sizeOf(file.size, eyes.language));
  return el(
    "a",
    {
      class: "file",
      href: `/files/${encodeURIComponent(file.id)}?as=${encodeURIComponent(eyes.me)}`,
      download: file.name,
      data: { focus: `file ${file.id}` },
    },
    icon("file"),
    el("span", {}, file.name),
    size,
  );
}

function sizeOf(bytes, language) {
  const [step, unit] = STEPS.find(([least]) => bytes >= least) ?? STEPS.at(-1);
  const unitDisplay = unit === "byte" ? "long" : "short";
  const how = { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, how).format(bytes / step);
}

/** The button that takes a file for the next message; `chosen` is it, `parts` are to be shown. */
export class FilePicker {
  constructor(eyes, changed) {
    this.eyes = eyes;
    this.changed = changed;
    this.chosen = null;
    this.input = el("input", {
      type: "file",
      accept: KINDS,
      hidden: true,
      onchange: () => this.read(this.input.files[0]),
    });
    this.shown = el("span", { class: "chosen", hidden: true });
    const open = () => this.input.click();
    this.parts = [iconButton("clip", eyes.say("attach"), open), this.input, this.shown];
  }

  /** Keep a file, or none. */
  choose(file) {
    this.chosen = file;
    this.input.value = "";
    this.shown.hidden = !file;
    const name = file?.name ?? "";
    const away = iconButton("close", this.eyes.say("file_away", { name }), () => this.choose(null));
    this.shown.replaceChildren(el("span", {}, name), away);
    this.changed();
  }

  read(file) {
    if (!file) return;
    const reader = new FileReader();
    reader.onload = () =>
      this.choose({ name: file.name, content: reader.result.replace(/^[^,]*,/, "") });
    reader.readAsDataURL(file);
  }
}
