// The hint for first-time visitors: check a customer's complaint and see the bot's answer.

import { el, iconButton } from "./dom.js";

const KEY = "voicestatus-hint";
const COMPLAINT = /SANDBOX-BUSY/;

/** The message that the hint recommends; undefined once it is answered, or the bot was tried. */
export function advised(messages, channel, people) {
  if (localStorage.getItem(KEY) === "done") return undefined;
  const complaint = messages.find(
    (one) => one.channel === channel && !people[one.user]?.is_bot && COMPLAINT.test(one.text),
  );
  const isAnswered = messages.some((one) => one.reply_to === complaint?.ts);
  return isAnswered ? undefined : complaint;
}

/** Never show the hint again. */
export function noLongerNew() {
  localStorage.setItem(KEY, "done");
}

/** Show the hint over the conversation, or hide it. */
export function showHint(place, message, viewContext, { check, close }) {
  place.hidden = message === undefined;
  const print = `${message?.ts} ${viewContext.me}`;
  if (place.hidden || place.printed === print) return;
  place.printed = print;
  place.setAttribute("aria-label", viewContext.say("start_title"));
  place.replaceChildren(
    el(
      "div",
      {},
      el("h2", {}, viewContext.say("start_title")),
      el("p", {}, viewContext.say("start_body")),
    ),
    el(
      "button",
      { type: "button", class: "button primary", onclick: () => check(message) },
      viewContext.say("start_button"),
    ),
    iconButton("close", viewContext.say("start_close"), close),
  );
}
