// What the page itself says and asks: a question before a button's act, toasts, a dialog of words.

import { text } from "./controls.js";
import { el, iconButton } from "./dom.js";

const TOAST_MILLISECONDS = 7000;

/** Ask as an element's `confirm` says; true where the person agrees. */
export function askFirst(confirm, eyes) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
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
        el("div", { class: "modal-body" }, el("p", {}, text(confirm.text, eyes))),
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

/** A sentence that goes by itself, and that screen readers say. */
export function toast(region, sentence) {
  const one = el("p", { class: "toast" }, sentence);
  region.append(one);
  setTimeout(() => one.remove(), TOAST_MILLISECONDS);
}

/** A dialog with a title and anything in it; Escape and its button close it. */
export function openWords(title, eyes, ...children) {
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
        iconButton("close", eyes.say("close"), () => dialog.close()),
      ),
      el("div", { class: "modal-body" }, ...children),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
