// A list of messages: who wrote what, what can be done with it, and moving in it with the keyboard.

import { drawBlocks } from "./blocks.js";
import { el, icon, reconcile } from "./dom.js";
import { drawFiles, namesOfFiles } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";
import { timeOf } from "./dates.js";

const NEAR_THE_END = 120;
const COLOURS = 7;
// As much of a message as a screen reader says when one moves to it.
const MOST_SAID = 500;

/** Show these messages; `ways` are what can be done with one: shortcut, thread, and what is advised. */
export function showMessages(list, messages, eyes, ways) {
  reconcile(list, messages, {
    key: (message) => message.ts,
    print: (message) =>
      JSON.stringify([
        message,
        eyes.language,
        eyes.me,
        ways.advised === message.ts,
        ways.replies(message),
      ]),
    build: (message) => drawMessage(message, eyes, ways),
  });
  const stops = [...list.children];
  if (!stops.some((one) => one.tabIndex === 0)) stops.at(-1)?.setAttribute("tabindex", "0");
}

function drawMessage(message, eyes, ways) {
  const author = eyes.people[message.user];
  const advised = ways.advised === message.ts;
  return el(
    "li",
    {
      class: [
        "message",
        message.ephemeral && "ephemeral",
        advised && "advised",
        author?.is_bot && "of-bot",
      ]
        .filter(Boolean)
        .join(" "),
      tabindex: "-1",
      aria: {
        label: eyes.say("message_label", {
          who: author?.real_name ?? "",
          time: timeOf(message.ts, eyes.language),
          text: `${message.text} ${namesOfFiles(message)}`.trim().slice(0, MOST_SAID),
        }),
      },
      data: { ts: message.ts },
    },
    avatar(message.user, author),
    el(
      "div",
      { class: "body" },
      message.ephemeral && el("p", { class: "only-you" }, icon("eye"), eyes.say("only_you")),
      el(
        "p",
        { class: "byline" },
        el("b", {}, author?.is_bot ? author.name : (author?.real_name ?? message.user)),
        author?.is_bot && el("span", { class: "badge" }, eyes.say("app_badge")),
        el("time", { class: "time" }, timeOf(message.ts, eyes.language)),
      ),
      el("div", { class: "content" }, ...content(message, eyes), drawFiles(message, eyes)),
      answers(message, eyes, ways),
    ),
    toolbar(message, eyes, ways, advised),
  );
}

function content(message, eyes) {
  const on = { channel: message.channel, ts: message.ts };
  const acting = {
    ...eyes,
    use: (element, block, value) =>
      eyes.act({
        do: "click",
        ...on,
        action_id: element.action_id,
        block_id: block.block_id,
        value: value ?? null,
      }),
  };
  return message.blocks.length
    ? drawBlocks(message.blocks, acting)
    : [el("div", { class: "block" }, mrkdwn(message.text, eyes))];
}

/** A square with initials, or the bot's own mark. */
export function avatar(id, person) {
  if (person?.is_bot)
    return el("span", { class: "avatar bot", aria: { hidden: "true" } }, icon("phone"));
  const initials = (person?.real_name ?? "?")
    .split(" ")
    .map((word) => word[0])
    .slice(0, 2)
    .join("");
  const colour =
    [...(id ?? "")].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 9973, 7) % COLOURS;
  return el("span", { class: `avatar colour-${colour}`, aria: { hidden: "true" } }, initials);
}

function answers(message, eyes, ways) {
  const count = ways.replies(message);
  if (!count) return null;
  return el(
    "button",
    {
      type: "button",
      class: "answers",
      data: { focus: "answers" },
      onclick: () => ways.openThread(message),
    },
    icon("reply"),
    eyes.say("replies", { count }),
  );
}

function toolbar(message, eyes, ways, advised) {
  if (message.ephemeral) return null;
  return el(
    "div",
    { class: "toolbar", role: "toolbar", aria: { label: eyes.say("message_menu") } },
    el(
      "button",
      {
        type: "button",
        class: advised ? "tool first" : "tool",
        data: { focus: "shortcut" },
        onclick: () => ways.shortcut(message),
      },
      icon("bolt"),
      eyes.say("shortcut"),
    ),
    ways.openThread &&
      !ways.inThread &&
      el(
        "button",
        {
          type: "button",
          class: "tool",
          data: { focus: "thread" },
          onclick: () => ways.openThread(message),
        },
        icon("reply"),
        eyes.say("reply"),
      ),
  );
}

/** Up and Down move from message to message, as in Slack. */
export function movesAmongMessages(list) {
  list.addEventListener("keydown", (event) => {
    const at = event.target.closest("li.message");
    if (at !== event.target) return;
    const next = {
      ArrowDown: at.nextElementSibling,
      ArrowUp: at.previousElementSibling,
      Home: list.firstElementChild,
      End: list.lastElementChild,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  list.addEventListener("focusin", (event) => {
    const now = event.target.closest("li.message");
    for (const one of list.children) one.tabIndex = one === now ? 0 : -1;
  });
}

/** Whether the end of a list is in view, or nearly so. */
export function isAtEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END;
}

/** Scroll to the end, but not past the beginning of the last message. */
export function showEnd(list) {
  const last = list.lastElementChild;
  if (!last) return;
  const end = list.scrollHeight - list.clientHeight;
  list.scrollTop = Math.min(end, last.offsetTop - list.offsetTop - 14);
}
