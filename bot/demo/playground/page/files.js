// Files of messages, and the file to send with the next message.

import { el, icon, iconButton } from "./dom.js";

const KINDS = ".csv,.txt,.tsv,text/csv,text/plain";
const STEPS = [
  [1_000_000, "megabyte"],
  [1_000, "kilobyte"],
  [1, "byte"],
];

/** The files of a message as download links; null without files. */
export function drawFiles(message, viewContext) {
  if (!message.files?.length) return null;
  return el(
    "ul",
    { class: "files" },
    ...message.files.map((file) => el("li", {}, drawn(file, viewContext))),
  );
}

/** What a screen reader reads of them after the text. */
export function namesOfFiles(message) {
  return (message.files ?? []).map((file) => file.name).join(", ");
}

function drawn(file, viewContext) {
  if (file.gone) return el("span", { class: "file" }, icon("file"), viewContext.say("file_gone"));
  const size = el("small", {}, sizeOf(file.size, viewContext.language));
  return el(
    "a",
    {
      class: "file",
      href: `/files/${encodeURIComponent(file.id)}?as=${encodeURIComponent(viewContext.me)}`,
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

/** Picks a file for the next message: `chosen` is the file, `parts` are the elements to show. */
export class FilePicker {
  constructor(viewContext, changed) {
    this.viewContext = viewContext;
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
    this.parts = [iconButton("clip", viewContext.say("attach"), open), this.input, this.shown];
  }

  /** Choose a file, or null for none. */
  choose(file) {
    this.chosen = file;
    this.input.value = "";
    this.shown.hidden = !file;
    const name = file?.name ?? "";
    const away = iconButton("close", this.viewContext.say("file_away", { name }), () =>
      this.choose(null),
    );
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
