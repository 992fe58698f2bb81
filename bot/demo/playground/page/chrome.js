// The frame around the conversations: top bar, sidebar, keyboard help.

import { el, fill, focusKeeper, icon, iconButton } from "./dom.js";
import { isDark } from "./theme.js";

/** The top bar: language, theme, wire panel, gallery, keyboard help. */
export function drawTopbar(
  bar,
  { agents, agent, actAs, theme, wire, wireOpen, keys, menu },
  viewContext,
) {
  const keepFocus = focusKeeper();
  fill(
    bar,
    iconButton("menu", viewContext.say("menu"), menu, {
      class: "icon-button menu-button",
      aria: {
        label: viewContext.say("menu"),
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
        el("span", { class: "brand-word" }, viewContext.say("playground")),
      ),
    ),
    el("span", { class: "spring" }),
    el(
      "div",
      { class: "who", role: "group", aria: { label: viewContext.say("language") } },
      ...agents.map((one) =>
        el(
          "button",
          {
            type: "button",
            class: "who-button",
            lang: one.language,
            aria: { pressed: one.id === agent.id ? "true" : "false" },
            data: { focus: one.id },
            onclick: () => one.id !== agent.id && actAs(one),
          },
          one.texts.own_language,
        ),
      ),
    ),
    el(
      "a",
      { class: "bar-link", href: "/gallery" },
      icon("gallery"),
      el("span", {}, viewContext.say("gallery")),
    ),
    el(
      "button",
      {
        type: "button",
        class: "bar-link",
        aria: { pressed: String(wireOpen) },
        title: viewContext.say("wire"),
        data: { focus: "wire" },
        onclick: wire,
      },
      icon("wire"),
      el("span", {}, viewContext.say("wire_short")),
    ),
    iconButton("keys", viewContext.say("keyboard"), keys, {
      class: "icon-button keys-button",
      data: { focus: "keys" },
    }),
    iconButton(
      isDark() ? "sun" : "moon",
      viewContext.say(isDark() ? "to_light" : "to_dark"),
      theme,
      {
        data: { focus: "theme" },
      },
    ),
  );
  keepFocus();
}

/** The conversations, as links, so that each has a URL. */
export function drawSidebar(bar, { start, snapshot, here, unread }, viewContext) {
  const news = [...start.rooms.map((room) => room.id), snapshot.direct].map((one) =>
    unread.of(one),
  );
  const print = JSON.stringify([here.key, viewContext.language, snapshot.complaints, news]);
  if (bar.printed === print) return;
  bar.printed = print;
  const inside = bar.contains(document.activeElement);
  const unreadOr = (channel, note) => {
    const count = unread.of(channel);
    return count ? el("small", { class: "unread" }, viewContext.say("unread", { count })) : note;
  };
  bar.setAttribute("aria-label", viewContext.say("conversations"));
  fill(
    bar,
    el("p", { class: "team" }, start.team),
    group(
      viewContext.say("channels"),
      start.rooms.map((room) =>
        entry(
          `#/room/${room.id}`,
          "hash",
          room.name,
          here.key === room.id,
          unreadOr(room.id, room.has_bot ? null : viewContext.say("without_bot")),
        ),
      ),
    ),
    group(viewContext.say("apps"), [
      entry(
        "#/direct",
        "phone",
        start.people[start.bot].name,
        here.key === "direct",
        unreadOr(snapshot.direct, viewContext.say("direct")),
      ),
      entry("#/home", "home", viewContext.say("home"), here.key === "home"),
    ]),
    complaints(snapshot.complaints, viewContext),
    el(
      "p",
      { class: "aside-note" },
      icon("lock"),
      el("span", {}, viewContext.say("nothing_leaves")),
    ),
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

/** Refusals and warnings of the strict Slack, for developers who change a card. */
function complaints(lines, viewContext) {
  if (!lines.length) return null;
  return el(
    "section",
    { class: "complaints" },
    el("h2", {}, viewContext.say("complaints")),
    el("ul", {}, ...lines.map((line) => el("li", {}, line))),
  );
}

/** The keyboard shortcuts as a table. */
export function keyboardHelp(say) {
  const rows = say("keys")
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
