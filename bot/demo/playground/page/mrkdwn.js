// Slack's mrkdwn as elements: https://docs.slack.dev/messaging/formatting-message-text

import { el } from "./dom.js";
import { sign } from "./emoji.js";
import { formatted } from "./dates.js";

const PRE = /```([\s\S]+?)```/;
const QUOTED = /^(?:&gt;|>) ?/;
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<marked>[^<>\\n]+)>",
    "(?<=^|[\\s\\p{P}])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\p{L}\\p{N}*])",
    "(?<=^|[\\s\\p{P}])_(?<italic>[^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\p{L}\\p{N}_])",
    "(?<=^|[\\s\\p{P}])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\p{L}\\p{N}~])",
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
  "u",
);
const STYLED = { bold: "b", italic: "i", strike: "s" };

/** A fragment; `eyes` knows the language, and people and channels by their ids. */
export function mrkdwn(text, eyes) {
  const fragment = document.createDocumentFragment();
  let rest = text;
  for (let found = PRE.exec(rest); found; found = PRE.exec(rest)) {
    fragment.append(...lines(rest.slice(0, found.index).replace(/\n$/, ""), eyes));
    fragment.append(el("pre", { class: "boxed" }, unescaped(found[1].replace(/^\n/, ""))));
    rest = rest.slice(found.index + found[0].length).replace(/^\n/, "");
  }
  fragment.append(...lines(rest, eyes));
  return fragment;
}

function* lines(text, eyes) {
  if (!text) return;
  const all = text.split("\n");
  for (let n = 0; n < all.length; n += 1) {
    if (QUOTED.test(all[n])) {
      const quote = el("blockquote", {});
      for (; n < all.length && QUOTED.test(all[n]); n += 1)
        quote.append(el("div", {}, ...inline(all[n].replace(QUOTED, ""), eyes)));
      yield quote;
      n -= 1;
    } else {
      yield* inline(all[n], eyes);
      if (n < all.length - 1) yield el("br");
    }
  }
}

/** What stands in one line, styles within styles. */
export function* inline(text, eyes) {
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    yield unescaped(rest.slice(0, found.index));
    yield* token(found, eyes);
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) yield unescaped(rest);
}

function* token(found, eyes) {
  const { code, marked, emoji } = found.groups;
  if (code !== undefined) yield el("code", {}, unescaped(code));
  else if (marked !== undefined) yield reference(marked, eyes);
  else if (emoji !== undefined) yield sign(emoji) ?? found[0];
  else {
    const [style, inner] = Object.entries(found.groups).find(
      ([name, value]) => name in STYLED && value !== undefined,
    );
    yield el(STYLED[style], {}, ...inline(inner, eyes));
  }
}

/** What stands between angle brackets: a mention, a date, or a link. */
function reference(marked, eyes) {
  const [target, label] = split(marked);
  if (target.startsWith("@")) return person(target.slice(1), eyes, label);
  if (target.startsWith("#")) return channel(target.slice(1), eyes, label);
  if (target.startsWith("!date^")) return date(target, label, eyes);
  if (target.startsWith("!"))
    return el("span", { class: "mention" }, label || `@${target.slice(1).split("^")[0]}`);
  return link(unescaped(target), unescaped(label || target));
}

function split(marked) {
  const bar = marked.indexOf("|");
  return bar < 0 ? [marked, ""] : [marked.slice(0, bar), marked.slice(bar + 1)];
}

function date(target, fallback, eyes) {
  const [, seconds, format] = target.split("^");
  const shown = formatted(Number(seconds), format ?? "", eyes.language) || unescaped(fallback);
  return el("time", { title: unescaped(fallback) }, shown);
}

/** A mention of a person. */
export function person(id, eyes, label = "") {
  return el(
    "span",
    { class: "mention" },
    `@${eyes.people?.[id]?.name ?? (unescaped(label).replace(/^@/, "") || id)}`,
  );
}

/** A mention of a channel. */
export function channel(id, eyes, label = "") {
  const known = eyes.rooms?.find((room) => room.id === id);
  return el(
    "span",
    { class: "mention" },
    `#${known?.name ?? (unescaped(label).replace(/^#/, "") || id)}`,
  );
}

/** A link that leaves the page; what is no address of the web stays a text. */
export function link(address, label) {
  if (!/^(?:https?|mailto|tel):/i.test(address)) return el("span", {}, label);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** The three entities that Slack escapes, as characters. */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
