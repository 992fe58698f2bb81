// Renders Slack's rich text: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { el } from "./dom.js";
import { sign } from "./emoji.js";
import { formatted } from "./dates.js";
import { channel, link, person } from "./mrkdwn.js";

const STYLES = { bold: "b", italic: "i", strike: "s", underline: "u", code: "code" };

/** The parts of a rich text block. */
export function richText(block, viewContext) {
  return el(
    "div",
    { class: "rich-text" },
    ...block.elements.map((element) => (PARTS[element.type] ?? unknown)(element, viewContext)),
  );
}

const PARTS = {
  rich_text_section: (element, viewContext) =>
    el("div", { class: "line" }, ...runs(element, viewContext)),
  rich_text_preformatted: (element, viewContext) =>
    el("pre", { class: "boxed", tabindex: "0" }, ...runs(element, viewContext)),
  rich_text_quote: (element, viewContext) => el("blockquote", {}, ...runs(element, viewContext)),
  rich_text_list: (element, viewContext) => {
    const indent = el(element.style === "ordered" ? "ol" : "ul", {
      class: `indent-${element.indent ?? 0}`,
    });
    if (element.offset) indent.setAttribute("start", String(element.offset + 1));
    indent.append(...element.elements.map((item) => el("li", {}, ...runs(item, viewContext))));
    return indent;
  },
};

function runs(element, viewContext) {
  return element.elements.map((run) => styled(run, (RUNS[run.type] ?? unknown)(run, viewContext)));
}

const RUNS = {
  text: (run) => run.text,
  link: (run) => link(run.url, run.text ?? run.url),
  emoji: (run) => sign(run.name) ?? `:${run.name}:`,
  user: (run, viewContext) => person(run.user_id, viewContext),
  channel: (run, viewContext) => channel(run.channel_id, viewContext),
  broadcast: (run) => el("span", { class: "mention" }, `@${run.range}`),
  usergroup: (run) => el("span", { class: "mention" }, `@${run.usergroup_id}`),
  team: (run) => run.team_id,
  color: (run) => run.value,
  date: (run, viewContext) =>
    el(
      "time",
      {},
      formatted(run.timestamp, run.format, viewContext.language) || run.fallback || "",
    ),
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
