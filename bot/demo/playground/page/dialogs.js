// The page's own dialogs: confirmation of a button, toasts, and a text dialog.

import { text } from "./controls.js";
import { el, focusKeeper, iconButton } from "./dom.js";

const TOAST_MILLISECONDS = 7000;

/** Show an element's `confirm` dialog; resolves to true if the user confirms. */
export function askFirst(confirm, viewContext) {
  return new Promise((resolve) => {
    const keepFocus = focusKeeper();
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      keepFocus();
      resolve(answer);
    };
    const dialog = el(
      "dialog",
      {
        class: "dialog small",
        aria: { label: confirm.title.text },
        oncancel: (event) => {
          event.preventDefault();
          finish(false);
        },
      },
      el(
        "div",
        { class: "modal" },
        el("header", { class: "modal-head" }, el("h2", {}, confirm.title.text)),
        el("div", { class: "modal-body" }, el("p", {}, text(confirm.text, viewContext))),
        el(
          "footer",
          { class: "modal-foot" },
          el(
            "button",
            { type: "button", class: "button", onclick: () => finish(false) },
            confirm.deny.text,
          ),
          el(
            "button",
            {
              type: "button",
              class: `button ${confirm.style ?? "primary"}`,
              onclick: () => finish(true),
            },
            confirm.confirm.text,
          ),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A message that disappears by itself and is read by screen readers. */
export function toast(region, sentence) {
  const one = el("p", { class: "toast" }, sentence);
  region.append(one);
  setTimeout(() => one.remove(), TOAST_MILLISECONDS);
}

/** A dialog with a title and any content; Escape and its button close it. */
export function openDialog(title, say, ...children) {
  const dialog = el(
    "dialog",
    { class: "dialog", aria: { label: title }, onclose: () => dialog.remove() },
    el(
      "div",
      { class: "modal" },
      el(
        "header",
        { class: "modal-head" },
        el("h2", {}, title),
        iconButton("close", say("close"), () => dialog.close()),
      ),
      el("div", { class: "modal-body" }, ...children),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
