// Renders Slack's mrkdwn: https://docs.slack.dev/messaging/formatting-message-text

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

/** A fragment; `viewContext` has the language, and the names of people and channels. */
export function mrkdwn(text, viewContext) {
  const fragment = document.createDocumentFragment();
  let rest = text;
  for (let found = PRE.exec(rest); found; found = PRE.exec(rest)) {
    fragment.append(...lines(rest.slice(0, found.index).replace(/\n$/, ""), viewContext));
    fragment.append(el("pre", { class: "boxed" }, unescaped(found[1].replace(/^\n/, ""))));
    rest = rest.slice(found.index + found[0].length).replace(/^\n/, "");
  }
  fragment.append(...lines(rest, viewContext));
  return fragment;
}

function* lines(text, viewContext) {
  if (!text) return;
  const all = text.split("\n");
  for (let n = 0; n < all.length; n += 1) {
    if (QUOTED.test(all[n])) {
      const quote = el("blockquote", {});
      for (; n < all.length && QUOTED.test(all[n]); n += 1)
        quote.append(el("div", {}, ...inline(all[n].replace(QUOTED, ""), viewContext)));
      yield quote;
      n -= 1;
    } else {
      yield* inline(all[n], viewContext);
      if (n < all.length - 1) yield el("br");
    }
  }
}

/** The content of one line, with nested styles. */
export function* inline(text, viewContext) {
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    yield unescaped(rest.slice(0, found.index));
    yield* token(found, viewContext);
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) yield unescaped(rest);
}

function* token(found, viewContext) {
  const { code, marked, emoji } = found.groups;
  if (code !== undefined) yield el("code", {}, unescaped(code));
  else if (marked !== undefined) yield reference(marked, viewContext);
  else if (emoji !== undefined) yield sign(emoji) ?? found[0];
  else {
    const [style, inner] = Object.entries(found.groups).find(
      ([name, value]) => name in STYLED && value !== undefined,
    );
    yield el(STYLED[style], {}, ...inline(inner, viewContext));
  }
}

/** The content of angle brackets: a mention, a date, or a link. */
function reference(marked, viewContext) {
  const [target, label] = split(marked);
  if (target.startsWith("@")) return person(target.slice(1), viewContext, label);
  if (target.startsWith("#")) return channel(target.slice(1), viewContext, label);
  if (target.startsWith("!date^")) return date(target, label, viewContext);
  if (target.startsWith("!"))
    return el("span", { class: "mention" }, label || `@${target.slice(1).split("^")[0]}`);
  return link(unescaped(target), unescaped(label || target));
}

function split(marked) {
  const bar = marked.indexOf("|");
  return bar < 0 ? [marked, ""] : [marked.slice(0, bar), marked.slice(bar + 1)];
}

function date(target, fallback, viewContext) {
  const [, seconds, format] = target.split("^");
  const shown =
    formatted(Number(seconds), format ?? "", viewContext.language) || unescaped(fallback);
  return el("time", { title: unescaped(fallback) }, shown);
}

/** A mention of a person. */
export function person(id, viewContext, label = "") {
  return el(
    "span",
    { class: "mention" },
    `@${viewContext.people?.[id]?.name ?? (unescaped(label).replace(/^@/, "") || id)}`,
  );
}

/** A mention of a channel. */
export function channel(id, viewContext, label = "") {
  const known = viewContext.rooms?.find((room) => room.id === id);
  return el(
    "span",
    { class: "mention" },
    `#${known?.name ?? (unescaped(label).replace(/^#/, "") || id)}`,
  );
}

/** A link to another page; other schemes, such as javascript:, are shown as text. */
export function link(address, label) {
  if (!/^(?:https?|mailto|tel):/i.test(address)) return el("span", {}, label);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** The three entities that Slack escapes, as characters. */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
