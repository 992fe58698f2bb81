// Renders Block Kit for messages, modals and the App Home.
// https://docs.slack.dev/reference/block-kit/blocks

import { el } from "./dom.js";
import { control, text, unique } from "./controls.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";
import { mrkdwn } from "./mrkdwn.js";

const DRAWN = {
  header,
  section,
  context,
  divider,
  actions,
  rich_text: richText,
  table,
  data_table: dataTable,
  input,
  image,
  markdown,
};

/**
 * Render blocks in order. `viewContext` describes the viewer: language, people and rooms for names,
 * `use` and `confirm` for interactive elements.
 */
export function drawBlocks(blocks, viewContext) {
  return blocks.map((block) => {
    const drawn = (DRAWN[block.type] ?? unknown)(block, viewContext);
    drawn.classList.add("block", `block-${block.type}`);
    drawn.dataset.block = block.block_id ?? "";
    return drawn;
  });
}

function header(block) {
  return el("h3", {}, block.text.text);
}

function section(block, viewContext) {
  const words = el("div", { class: "words" });
  if (block.text) words.append(el("div", {}, text(block.text, viewContext)));
  if (block.fields)
    words.append(
      el(
        "div",
        { class: "fields" },
        ...block.fields.map((field) => el("div", {}, text(field, viewContext))),
      ),
    );
  const label = words.textContent;
  const beside = block.accessory ? control(block.accessory, block, viewContext, { label }) : null;
  return el(
    "div",
    { class: beside ? "with-accessory" : "" },
    words,
    beside && el("div", { class: "accessory" }, beside),
  );
}

function context(block, viewContext) {
  return el(
    "div",
    {},
    ...block.elements.map((element) => {
      const shown =
        element.type === "image"
          ? control(element, block, viewContext)
          : text(element, viewContext);
      return el("span", {}, shown);
    }),
  );
}

function divider() {
  return el("hr");
}

function actions(block, viewContext) {
  return el("div", {}, ...block.elements.map((element) => control(element, block, viewContext)));
}

function image(block) {
  return el(
    "figure",
    {},
    el("span", { class: "picture", role: "img", aria: { label: block.alt_text } }, block.alt_text),
    block.title && el("figcaption", {}, block.title.text),
  );
}

function markdown(block, viewContext) {
  return el("div", {}, mrkdwn(block.text.replaceAll("**", "*"), viewContext));
}

/** An input with its label, its hint, and a place for its error. */
function input(block, viewContext) {
  const id = unique();
  const grouped = block.element.type === "radio_buttons" || block.element.type === "checkboxes";
  const label = [
    block.label.text,
    block.optional && el("small", {}, ` (${viewContext.say("optional")})`),
  ];
  const made = control(block.element, block, viewContext, {
    id,
    labelledby: grouped ? `${id}-label` : undefined,
    describedby: `${id}-hint ${id}-error`,
  });
  return el(
    "div",
    { class: "field" },
    el(
      grouped ? "span" : "label",
      { for: grouped ? null : id, id: `${id}-label`, class: "label" },
      ...label,
    ),
    made,
    el("p", { class: "error", id: `${id}-error`, data: { error: block.block_id }, hidden: true }),
    el("p", { class: "hint", id: `${id}-hint` }, block.hint?.text ?? ""),
  );
}

function unknown(block) {
  return el("div", { class: "unknown" }, `[${block.type}]`);
}
