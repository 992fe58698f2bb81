// The first minute: a newcomer is led to a customer's complaint, and to what the bot makes of it.

import { el, iconButton } from "./dom.js";

const KEY = "voicestatus-hint";
const COMPLAINT = /SANDBOX-BUSY/;

/** The message of a person that a newcomer is led to; undefined once they have tried it. */
export function advised(sight, channel) {
  if (localStorage.getItem(KEY) === "done") return undefined;
  return sight.messages.findLast(
    (one) =>
      one.channel === channel &&
      !one.reply_to &&
      !sight.people[one.user]?.is_bot &&
      COMPLAINT.test(one.text),
  );
}

/** From now on nobody is led. */
export function noLongerNew() {
  localStorage.setItem(KEY, "done");
}

/** Show the hint over the conversation, or take it away. */
export function showHint(place, message, eyes, { check, close }) {
  place.hidden = message === undefined;
  const print = `${message?.ts} ${eyes.me}`;
  if (place.hidden || place.printed === print) return;
  place.printed = print;
  place.setAttribute("aria-label", eyes.say("start_title"));
  place.replaceChildren(
    el("div", {}, el("h2", {}, eyes.say("start_title")), el("p", {}, eyes.say("start_body"))),
    el(
      "button",
      { type: "button", class: "button primary", onclick: () => check(message) },
      eyes.say("start_button"),
    ),
    iconButton("close", eyes.say("start_close"), close),
  );
}
