// What people use in blocks: buttons, menus, inputs. https://docs.slack.dev/reference/block-kit/block-elements
//
// `eyes.use(element, block, value)` is called when something is pressed or chosen; the inputs of a
// modal keep what was typed until it is submitted, and `valueOf` reads it.

import { el, icon } from "./dom.js";
import { mrkdwn, unescaped } from "./mrkdwn.js";

let numbers = 0;

/** A number for ids that belong together. */
export function unique() {
  numbers += 1;
  return `n${numbers}`;
}

/** A plain_text or mrkdwn object. */
export function text(object, eyes) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, eyes) : object.text;
}

/** An element that can be used, or null if this person does not see it; nobody sees them all. */
export function control(element, block, eyes, naming = {}) {
  const only = element.visible_to_user_ids;
  if (only && eyes.me && !only.includes(eyes.me)) return null;
  const made = (CONTROLS[element.type] ?? unknown)(element, block, eyes, naming);
  if (element.action_id) made.dataset.action = element.action_id;
  return made;
}

const CONTROLS = {
  button,
  overflow,
  static_select: select,
  radio_buttons: radios,
  checkboxes,
  plain_text_input: input,
  image,
};

async function used(element, block, eyes, value) {
  if (element.confirm && !(await eyes.confirm(element.confirm))) return;
  eyes.use(element, block, value);
}

function button(element, block, eyes) {
  return el(
    "button",
    {
      type: "button",
      class: `button ${element.style ?? ""}`,
      data: { focus: `${block.block_id}/${element.action_id}/${element.value ?? ""}` },
      aria: { label: element.accessibility_label },
      onclick: () => used(element, block, eyes, element.value),
    },
    element.text.text,
  );
}

function overflow(element, block, eyes) {
  const id = unique();
  const list = el(
    "div",
    { class: "menu", role: "menu", id, popover: "auto" },
    ...element.options.map((option) =>
      el(
        "button",
        {
          type: "button",
          role: "menuitem",
          class: "menu-item",
          onclick: () => {
            list.hidePopover();
            used(element, block, eyes, option.value);
          },
        },
        option.text.text,
      ),
    ),
  );
  list.addEventListener("keydown", moveInMenu);
  list.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    standBeside(list, opener);
    list.firstElementChild.focus();
  });
  const opener = el(
    "button",
    {
      type: "button",
      class: "button square",
      popovertarget: id,
      aria: { label: eyes.say("more"), haspopup: "menu" },
      data: { focus: `${block.block_id}/${element.action_id}` },
    },
    icon("more"),
  );
  return el("span", { class: "overflow" }, opener, list);
}

/** Under what opened it, or over it where there is no room, and never out of the window. */
function standBeside(menu, opener) {
  const { left, top, bottom } = opener.getBoundingClientRect();
  const under = bottom + menu.offsetHeight < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${under ? bottom : top - menu.offsetHeight - 8}px`;
}

/** Arrow keys in a menu. */
export function moveInMenu(event) {
  const items = [...event.currentTarget.querySelectorAll("[role=menuitem]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || items.length === 0) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

function options(element) {
  const made = (option) => el("option", { value: option.value }, option.text.text);
  const groups = element.option_groups?.map((group) =>
    el("optgroup", { label: group.label.text }, ...group.options.map(made)),
  );
  return groups ?? element.options.map(made);
}

function select(element, block, eyes, naming) {
  const made = el("select", {
    class: "select",
    id: naming.id,
    data: { focus: `${block.block_id}/${element.action_id}` },
    aria: {
      label: naming.id ? null : (naming.label ?? element.placeholder?.text ?? eyes.say("choose")),
      describedby: naming.describedby,
    },
  });
  if (!element.initial_option)
    made.append(el("option", { value: "" }, element.placeholder?.text ?? eyes.say("choose")));
  made.append(...options(element));
  made.value = element.initial_option?.value ?? "";
  if (block.type !== "input" || block.dispatch_action) {
    made.addEventListener("change", () => used(element, block, eyes, made.value));
  }
  return el("span", { class: "select-frame" }, made, icon("down"));
}

function choices(element, block, eyes, naming, kind, initial) {
  const group = unique();
  const boxes = element.options.map((option) => {
    const box = el("input", {
      type: kind,
      name: group,
      value: option.value,
      checked: initial.includes(option.value),
    });
    if (block.type !== "input" || block.dispatch_action) {
      box.addEventListener("change", () =>
        used(element, block, eyes, kind === "radio" ? box.value : chosen(box)),
      );
    }
    const words = el("span", {}, text(option.text, eyes));
    if (option.description) words.append(el("small", {}, text(option.description, eyes)));
    return el("label", { class: "choice" }, box, words);
  });
  return el(
    "span",
    {
      class: "choices",
      role: kind === "radio" ? "radiogroup" : "group",
      aria: { labelledby: naming.labelledby, label: naming.labelledby ? null : eyes.say("choose") },
    },
    ...boxes,
  );
}

function chosen(box) {
  return [...box.closest(".choices").querySelectorAll("input:checked")].map((one) => one.value);
}

function radios(element, block, eyes, naming) {
  return choices(element, block, eyes, naming, "radio", [element.initial_option?.value]);
}

function checkboxes(element, block, eyes, naming) {
  return choices(
    element,
    block,
    eyes,
    naming,
    "checkbox",
    (element.initial_options ?? []).map((one) => one.value),
  );
}

function input(element, block, eyes, naming) {
  const shared = {
    id: naming.id,
    class: "typed",
    placeholder: element.placeholder && unescaped(element.placeholder.text),
    maxlength: element.max_length ?? 3000,
    minlength: element.min_length,
    autocomplete: "off",
    spellcheck: "false",
    aria: { describedby: naming.describedby },
    data: { focus: `${block.block_id}/${element.action_id}` },
    autofocus: Boolean(element.focus_on_load),
  };
  const made = element.multiline
    ? el("textarea", { ...shared, rows: "4" })
    : el("input", { ...shared, type: "text" });
  made.value = element.initial_value ?? "";
  return made;
}

function image(element) {
  // Pictures would be fetched from elsewhere; the page fetches nothing, so their words stand for them.
  return el(
    "span",
    { class: "picture", role: "img", aria: { label: element.alt_text } },
    element.alt_text,
  );
}

function unknown(element) {
  return el("span", { class: "unknown" }, `[${element.type}]`);
}

/** What stands in the control of an input block, as the loopback Slack takes it. */
export function valueOf(holder, element) {
  const control_ = holder.querySelector("input, textarea, select");
  if (element.type === "checkboxes") return chosen(control_);
  if (element.type === "radio_buttons") return holder.querySelector("input:checked")?.value ?? null;
  return control_?.value || null;
}
