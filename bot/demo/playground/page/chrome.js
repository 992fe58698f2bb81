// What stands around the conversations: the bar on top, the list at the side, the help on keys.

import { el, fill, icon, iconButton } from "./dom.js";
import { isDark } from "./theme.js";

/** The bar on top: whose eyes, theme, wire, gallery, keyboard. */
export function drawTopbar(
  bar,
  { agents, agent, become, theme, wire, wireOpen, keys, menu },
  eyes,
) {
  const mark = bar.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  fill(
    bar,
    iconButton("menu", eyes.say("menu"), menu, {
      class: "icon-button menu-button",
      aria: {
        label: eyes.say("menu"),
        expanded: String(document.body.classList.contains("menu-open")),
      },
      data: { focus: "menu" },
    }),
    el(
      "a",
      { class: "brand", href: "/" },
      el("span", { class: "brand-mark", aria: { hidden: "true" } }, icon("phone")),
      el(
        "span",
        {},
        el("b", {}, "voicestatus"),
        " ",
        el("span", { class: "brand-word" }, eyes.say("playground")),
      ),
    ),
    el("span", { class: "spring" }),
    el(
      "div",
      { class: "who", role: "group", aria: { label: eyes.say("who") } },
      ...agents.map((one) =>
        el(
          "button",
          {
            type: "button",
            class: "who-button",
            lang: one.language,
            aria: { pressed: one.id === agent.id ? "true" : "false" },
            data: { focus: one.id },
            onclick: () => one.id !== agent.id && become(one),
          },
          el("b", {}, eyes.people[one.id].real_name.split(" ")[0]),
          el("span", {}, one.texts.own_language),
        ),
      ),
    ),
    el(
      "a",
      { class: "bar-link", href: "/gallery" },
      icon("gallery"),
      el("span", {}, eyes.say("gallery")),
    ),
    el(
      "button",
      {
        type: "button",
        class: "bar-link",
        aria: { pressed: String(wireOpen) },
        title: eyes.say("wire"),
        data: { focus: "wire" },
        onclick: wire,
      },
      icon("wire"),
      el("span", {}, eyes.say("wire_short")),
    ),
    iconButton("keys", eyes.say("keyboard"), keys, {
      class: "icon-button keys-button",
      data: { focus: "keys" },
    }),
    iconButton(isDark() ? "sun" : "moon", eyes.say(isDark() ? "to_light" : "to_dark"), theme, {
      data: { focus: "theme" },
    }),
  );
  if (mark)
    [...bar.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === mark)?.focus();
}

/** The conversations, as links, so that each has an address. */
export function drawSidebar(bar, { sight, here, unread }, eyes) {
  const news = [...sight.rooms.map((room) => room.id), sight.direct].map((one) => unread.of(one));
  const print = JSON.stringify([sight.rooms, here.key, eyes.language, sight.complaints, news]);
  if (bar.printed === print) return;
  bar.printed = print;
  const inside = bar.contains(document.activeElement);
  const told = (channel, note) => {
    const count = unread.of(channel);
    return count ? el("small", { class: "unread" }, eyes.say("unread", { count })) : note;
  };
  bar.setAttribute("aria-label", eyes.say("conversations"));
  fill(
    bar,
    el("p", { class: "team" }, sight.team),
    group(
      eyes.say("channels"),
      sight.rooms.map((room) =>
        entry(
          `#/room/${room.id}`,
          "hash",
          room.name,
          here.key === room.id,
          told(room.id, room.has_bot ? null : eyes.say("without_bot")),
        ),
      ),
    ),
    group(eyes.say("apps"), [
      entry(
        "#/direct",
        "phone",
        sight.people[sight.bot].name,
        here.key === "direct",
        told(sight.direct, eyes.say("direct")),
      ),
      entry("#/home", "home", eyes.say("home"), here.key === "home"),
    ]),
    complaints(sight.complaints, eyes),
    el("p", { class: "aside-note" }, icon("lock"), el("span", {}, eyes.say("nothing_leaves"))),
  );
  if (inside) bar.querySelector("[aria-current]")?.focus();
}

function group(title, entries) {
  return el("section", {}, el("h2", {}, title), el("ul", {}, ...entries));
}

function entry(href, sign, name, current, note) {
  return el(
    "li",
    {},
    el(
      "a",
      { href, aria: { current: current ? "page" : null } },
      icon(sign),
      el("span", {}, name),
      typeof note === "string" ? el("small", {}, note) : note,
    ),
  );
}

/** What a strict Slack had to refuse or to warn of: for those who change a card. */
function complaints(lines, eyes) {
  if (!lines.length) return null;
  return el(
    "section",
    { class: "complaints" },
    el("h2", {}, eyes.say("complaints")),
    el("ul", {}, ...lines.map((line) => el("li", {}, line))),
  );
}

/** The keys, in a table. */
export function keyboardHelp(eyes) {
  const rows = eyes
    .say("keys")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" | "));
  return el(
    "table",
    { class: "keys" },
    el(
      "tbody",
      {},
      ...rows.map(([keys, does]) =>
        el(
          "tr",
          {},
          el(
            "th",
            { scope: "row" },
            ...keys.split(" ").flatMap((key, n) => [n ? " " : "", el("kbd", {}, key)]),
          ),
          el("td", {}, does),
        ),
      ),
    ),
  );
}
