// Slack's rich text as elements: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { el } from "./dom.js";
import { sign } from "./emoji.js";
import { formatted } from "./dates.js";
import { channel, link, person } from "./mrkdwn.js";

const STYLES = { bold: "b", italic: "i", strike: "s", underline: "u", code: "code" };

/** The parts of a rich text block. */
export function richText(block, eyes) {
  return el(
    "div",
    { class: "rich-text" },
    ...block.elements.map((element) => (PARTS[element.type] ?? unknown)(element, eyes)),
  );
}

const PARTS = {
  rich_text_section: (element, eyes) => el("div", { class: "line" }, ...runs(element, eyes)),
  rich_text_preformatted: (element, eyes) =>
    el("pre", { class: "boxed", tabindex: "0" }, ...runs(element, eyes)),
  rich_text_quote: (element, eyes) => el("blockquote", {}, ...runs(element, eyes)),
  rich_text_list: (element, eyes) => {
    const indent = el(element.style === "ordered" ? "ol" : "ul", {
      class: `indent-${element.indent ?? 0}`,
    });
    if (element.offset) indent.setAttribute("start", String(element.offset + 1));
    indent.append(...element.elements.map((item) => el("li", {}, ...runs(item, eyes))));
    return indent;
  },
};

function runs(element, eyes) {
  return element.elements.map((run) => styled(run, (RUNS[run.type] ?? unknown)(run, eyes)));
}

const RUNS = {
  text: (run) => run.text,
  link: (run) => link(run.url, run.text ?? run.url),
  emoji: (run) => sign(run.name) ?? `:${run.name}:`,
  user: (run, eyes) => person(run.user_id, eyes),
  channel: (run, eyes) => channel(run.channel_id, eyes),
  broadcast: (run) => el("span", { class: "mention" }, `@${run.range}`),
  usergroup: (run) => el("span", { class: "mention" }, `@${run.usergroup_id}`),
  team: (run) => run.team_id,
  color: (run) => run.value,
  date: (run, eyes) =>
    el("time", {}, formatted(run.timestamp, run.format, eyes.language) || run.fallback || ""),
};

function styled(run, shown) {
  return Object.entries(STYLES).reduce(
    (inner, [name, tag]) => (run.style?.[name] ? el(tag, {}, inner) : inner),
    shown,
  );
}

function unknown(element) {
  return el("span", { class: "unknown" }, `[${element.type}]`);
}
