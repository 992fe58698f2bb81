// The App Home, and the modals: one dialog that always shows the top of the stack.

import { drawBlocks } from "./blocks.js";
import { valueOf } from "./controls.js";
import { el, focusKeeper, icon, iconButton } from "./dom.js";

function acting(view, viewContext) {
  return {
    ...viewContext,
    use: (element, block, value) =>
      viewContext.act({
        do: "click",
        view: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        value: value ?? null,
      }),
  };
}

/** Draw the App Home, or a note that none is published yet. */
export function showHome(place, view, viewContext) {
  const print = JSON.stringify([view?.hash, viewContext.language, viewContext.me]);
  if (place.printed === print) return;
  place.printed = print;
  const keepFocus = focusKeeper();
  place.replaceChildren(
    view
      ? el("div", { class: "sheet" }, ...drawBlocks(view.blocks, acting(view, viewContext)))
      : el("p", { class: "empty" }, viewContext.say("home_empty")),
  );
  keepFocus();
}

/** Shows the top of the stack of modals in a dialog. */
export class ModalDialog {
  constructor(dialog) {
    this.dialog = dialog;
    this.view = null;
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  show(view, viewContext) {
    this.viewContext = viewContext;
    if (!view) {
      if (!this.view) return;
      this.view = null;
      this.dialog.close();
      this.keepFocus();
      return;
    }
    if (this.view?.id === view.id && this.view.hash === view.hash) return;
    const typed = this.view?.id === view.id ? this.values(true) : {};
    this.view = view;
    this.dialog.replaceChildren(this.draw(view, viewContext));
    this.restore(typed);
    if (!this.dialog.open) {
      this.keepFocus = focusKeeper();
      this.dialog.showModal();
    }
    (
      this.dialog.querySelector("[autofocus], .typed, select, .modal-body input") ??
      this.dialog.querySelector(".modal-foot button:last-child")
    )?.focus();
  }

  draw(view, viewContext) {
    const title = view.title.text;
    this.dialog.setAttribute("aria-label", title);
    return el(
      "form",
      { class: "modal", onsubmit: (event) => this.submit(event) },
      el(
        "header",
        { class: "modal-head" },
        el("span", { class: "avatar bot small", aria: { hidden: "true" } }, icon("phone")),
        el("h2", {}, title),
        iconButton("close", viewContext.say("close"), () => this.close()),
      ),
      el("div", { class: "modal-body" }, ...drawBlocks(view.blocks, acting(view, viewContext))),
      el(
        "footer",
        { class: "modal-foot" },
        el(
          "button",
          { type: "button", class: "button", onclick: () => this.close() },
          view.close?.text ?? viewContext.say("close"),
        ),
        view.submit && el("button", { type: "submit", class: "button primary" }, view.submit.text),
      ),
    );
  }

  inputs() {
    return this.view.blocks.filter((block) => block.type === "input");
  }

  holder(block) {
    return [...this.dialog.querySelectorAll("[data-block]")].find(
      (one) => one.dataset.block === block.block_id,
    );
  }

  values(textsOnly = false) {
    const pairs = this.inputs().map((block) => [
      block.block_id,
      valueOf(this.holder(block), block.element),
    ]);
    return Object.fromEntries(
      textsOnly ? pairs.filter(([, value]) => typeof value === "string") : pairs,
    );
  }

  restore(typed) {
    for (const block of this.inputs()) {
      const box = this.holder(block).querySelector(".typed, select");
      if (box && typed[block.block_id] !== undefined) box.value = typed[block.block_id];
    }
  }

  async submit(event) {
    event.preventDefault();
    if (!this.view.submit) return;
    const missing = this.inputs().filter(
      (block) => !block.optional && !valueOf(this.holder(block), block.element),
    );
    if (missing.length) {
      this.complain(
        Object.fromEntries(
          missing.map((block) => [block.block_id, this.viewContext.say("required")]),
        ),
      );
      return;
    }
    const button = this.dialog.querySelector("[type=submit]");
    this.complain({});
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    const done = await this.viewContext.act({
      do: "submit",
      view: this.view.id,
      values: this.values(),
    });
    button.disabled = false;
    button.removeAttribute("aria-busy");
    if (done?.action === "failed") this.viewContext.complain("trouble_connecting");
    this.complain(done?.errors ?? {});
  }

  complain(errors) {
    let first = null;
    for (const place of this.dialog.querySelectorAll("[data-error]")) {
      const text = errors[place.dataset.error] ?? "";
      place.textContent = text;
      place.hidden = !text;
      const box = place.closest(".field").querySelector("input, textarea, select");
      if (text) {
        box.setAttribute("aria-invalid", "true");
        first ??= box;
      } else box.removeAttribute("aria-invalid");
    }
    first?.focus();
  }

  /** Close each view only once: a second Escape would close a view that is gone. */
  close() {
    if (!this.view || this.leaving === this.view.id) return;
    this.leaving = this.view.id;
    this.viewContext.act({ do: "close", view: this.view.id });
  }
}
