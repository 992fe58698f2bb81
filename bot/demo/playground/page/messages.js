// A list of messages with their menus and keyboard navigation.

import { drawBlocks } from "./blocks.js";
import { el, icon, reconcile } from "./dom.js";
import { drawFiles, namesOfFiles } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";
import { timeOf } from "./dates.js";

const NEAR_THE_END = 60;
const COLOURS = 7;
// How much of a message a screen reader reads when it gets the focus.
const MOST_SAID = 500;

/** Show messages; `actions` are what the viewer can do with one: shortcut, thread. */
export function showMessages(list, messages, viewContext, actions) {
  reconcile(list, messages, {
    key: (message) => message.ts,
    print: (message) =>
      JSON.stringify([
        message,
        viewContext.language,
        viewContext.me,
        actions.advised === message.ts,
        actions.replies(message),
      ]),
    build: (message) => drawMessage(message, viewContext, actions),
  });
  stayAtEnd(list);
  const stops = [...list.children];
  if (!stops.some((one) => one.tabIndex === 0)) stops.at(-1)?.setAttribute("tabindex", "0");
}

function drawMessage(message, viewContext, actions) {
  const author = viewContext.people[message.user];
  const advised = actions.advised === message.ts;
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
        label: viewContext.say("message_label", {
          who: author?.real_name ?? "",
          time: timeOf(message.ts, viewContext.language),
          text: `${message.text} ${namesOfFiles(message)}`.trim().slice(0, MOST_SAID),
        }),
      },
      data: { ts: message.ts },
    },
    avatar(message.user, author),
    el(
      "div",
      { class: "body" },
      message.ephemeral && el("p", { class: "only-you" }, icon("eye"), viewContext.say("only_you")),
      el(
        "p",
        { class: "byline" },
        el("b", {}, author?.is_bot ? author.name : (author?.real_name ?? message.user)),
        author?.is_bot && el("span", { class: "badge" }, viewContext.say("app_badge")),
        el("time", { class: "time" }, timeOf(message.ts, viewContext.language)),
      ),
      el(
        "div",
        { class: "content" },
        ...content(message, viewContext),
        drawFiles(message, viewContext),
      ),
      answers(message, viewContext, actions),
    ),
    toolbar(message, viewContext, actions, advised),
  );
}

function content(message, viewContext) {
  const on = { channel: message.channel, ts: message.ts };
  const acting = {
    ...viewContext,
    use: (element, block, value) =>
      viewContext.act({
        do: "click",
        ...on,
        action_id: element.action_id,
        block_id: block.block_id,
        value: value ?? null,
      }),
  };
  return message.blocks.length
    ? drawBlocks(message.blocks, acting)
    : [el("div", { class: "block" }, mrkdwn(message.text, viewContext))];
}

/** An avatar: initials, or the bot's logo. */
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

function answers(message, viewContext, actions) {
  const count = actions.replies(message);
  if (!count) return null;
  return el(
    "button",
    {
      type: "button",
      class: "answers",
      data: { focus: "answers" },
      onclick: () => actions.openThread(message),
    },
    icon("reply"),
    viewContext.say("replies", { count }),
  );
}

function toolbar(message, viewContext, actions, advised) {
  const isAnswer = actions.inThread && viewContext.people[message.user]?.is_bot;
  if (message.ephemeral || isAnswer) return null;
  return el(
    "div",
    { class: "toolbar", role: "toolbar", aria: { label: viewContext.say("message_menu") } },
    el(
      "button",
      {
        type: "button",
        class: advised ? "tool first" : "tool",
        data: { focus: "shortcut" },
        onclick: () => actions.shortcut(message),
      },
      icon("bolt"),
      viewContext.say("shortcut"),
    ),
    !actions.inThread &&
      el(
        "button",
        {
          type: "button",
          class: "tool",
          data: { focus: "thread" },
          onclick: () => actions.openThread(message),
        },
        icon("reply"),
        viewContext.say("reply"),
      ),
  );
}

/** Up and Down move between messages, as in Slack; a list at its end stays there. */
export function prepareList(list) {
  new ResizeObserver(() => stayAtEnd(list)).observe(list);
  list.addEventListener("scroll", () => {
    list.follows = list.scrollTop > endOf(list) - NEAR_THE_END;
  });
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

/** Where a list ends: at its bottom, but not past the top of the last message. */
function endOf(list) {
  const bottom = list.scrollHeight - list.clientHeight;
  const last = list.lastElementChild;
  return last ? Math.min(bottom, last.offsetTop - list.offsetTop - 14) : 0;
}

/** Show the newest message, also of those to come, until the reader scrolls up. */
export function followNewest(list) {
  list.follows = true;
  stayAtEnd(list);
}

function stayAtEnd(list) {
  if (list.follows) list.scrollTop = Math.max(list.scrollTop, endOf(list));
}
