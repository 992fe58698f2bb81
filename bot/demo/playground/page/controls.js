// Interactive elements: buttons, menus, inputs.
// https://docs.slack.dev/reference/block-kit/block-elements
//
// `viewContext.use(element, block, value)` is called when something is pressed or chosen. Inputs of a
// modal hold their value until it is submitted; `valueOf` reads it.

import { el, icon } from "./dom.js";
import { mrkdwn, unescaped } from "./mrkdwn.js";

let numbers = 0;

/** A new number for related element ids. */
export function unique() {
  numbers += 1;
  return `n${numbers}`;
}

/** A plain_text or mrkdwn object. */
export function text(object, viewContext) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, viewContext) : object.text;
}

/** An interactive element, or null if it is hidden from this user; `me` null shows everything. */
export function control(element, block, viewContext, naming = {}) {
  const only = element.visible_to_user_ids;
  if (only && viewContext.me && !only.includes(viewContext.me)) return null;
  const made = (CONTROLS[element.type] ?? unknown)(element, block, viewContext, naming);
  if (element.action_id) made.dataset.action = element.action_id;
  return made;
}

const CONTROLS = {
  button,
  overflow,
  static_select: select,
  conversations_select: conversations,
  radio_buttons: radios,
  checkboxes,
  plain_text_input: input,
  image,
};

async function used(element, block, viewContext, value) {
  if (element.confirm && !(await viewContext.confirm(element.confirm))) return;
  viewContext.use(element, block, value);
}

function button(element, block, viewContext) {
  return el(
    "button",
    {
      type: "button",
      class: `button ${element.style ?? ""}`,
      data: { focus: `${block.block_id}/${element.action_id}/${element.value ?? ""}` },
      aria: { label: element.accessibility_label },
      onclick: () => used(element, block, viewContext, element.value),
    },
    element.text.text,
  );
}

function overflow(element, block, viewContext) {
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
            used(element, block, viewContext, option.value);
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
      aria: { label: viewContext.say("more"), haspopup: "menu" },
      data: { focus: `${block.block_id}/${element.action_id}` },
    },
    icon("more"),
  );
  return el("span", { class: "overflow" }, opener, list);
}

/** Place a menu below its button, or above if there is no room, within the window. */
function standBeside(menu, opener) {
  const { left, top, bottom } = opener.getBoundingClientRect();
  const under = bottom + menu.offsetHeight < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${under ? bottom : top - menu.offsetHeight - 8}px`;
}

/** Arrow key navigation in a menu. */
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

function select(element, block, viewContext, naming) {
  const made = el("select", {
    class: "select",
    id: naming.id,
    data: { focus: `${block.block_id}/${element.action_id}` },
    aria: {
      label: naming.id
        ? null
        : (naming.label ?? element.placeholder?.text ?? viewContext.say("choose")),
      describedby: naming.describedby,
    },
  });
  if (!element.initial_option)
    made.append(
      el("option", { value: "" }, element.placeholder?.text ?? viewContext.say("choose")),
    );
  made.append(...options(element));
  made.value = element.initial_option?.value ?? "";
  if (block.type !== "input" || block.dispatch_action) {
    made.addEventListener("change", () => used(element, block, viewContext, made.value));
  }
  return el("span", { class: "select-frame" }, made, icon("down"));
}

function conversations(element, block, viewContext, naming) {
  const rooms = viewContext.rooms ?? [];
  const options = rooms.map(({ id, name }) => ({ text: { text: `#${name}` }, value: id }));
  return select({ ...element, options, initial_option: options[0] }, block, viewContext, naming);
}

function choices(element, block, viewContext, naming, kind, initial) {
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
        used(element, block, viewContext, kind === "radio" ? box.value : chosen(box)),
      );
    }
    const words = el("span", {}, text(option.text, viewContext));
    if (option.description) words.append(el("small", {}, text(option.description, viewContext)));
    return el("label", { class: "choice" }, box, words);
  });
  return el(
    "span",
    {
      class: "choices",
      role: kind === "radio" ? "radiogroup" : "group",
      aria: {
        labelledby: naming.labelledby,
        label: naming.labelledby ? null : viewContext.say("choose"),
      },
    },
    ...boxes,
  );
}

function chosen(box) {
  return [...box.closest(".choices").querySelectorAll("input:checked")].map((one) => one.value);
}

function radios(element, block, viewContext, naming) {
  return choices(element, block, viewContext, naming, "radio", [element.initial_option?.value]);
}

function checkboxes(element, block, viewContext, naming) {
  return choices(
    element,
    block,
    viewContext,
    naming,
    "checkbox",
    (element.initial_options ?? []).map((one) => one.value),
  );
}

function input(element, block, viewContext, naming) {
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
  // The Content-Security-Policy forbids images from other hosts, so the alternative text is shown.
  return el(
    "span",
    { class: "picture", role: "img", aria: { label: element.alt_text } },
    element.alt_text,
  );
}

function unknown(element) {
  return el("span", { class: "unknown" }, `[${element.type}]`);
}

/** The value of an input block's element, in the form that the loopback Slack expects. */
export function valueOf(holder, element) {
  const control_ = holder.querySelector("input, textarea, select");
  if (element.type === "checkboxes") return chosen(control_);
  if (element.type === "radio_buttons") return holder.querySelector("input:checked")?.value ?? null;
  return control_?.value || null;
}
