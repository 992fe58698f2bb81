// Renders Slack's tables; the first row is the header.
// https://docs.slack.dev/reference/block-kit/blocks/table-block
// https://docs.slack.dev/reference/block-kit/blocks/data-table-block

import { el, fill } from "./dom.js";
import { richText } from "./rich_text.js";

const USUAL_PAGE = 5;

/** A plain table. */
export function table(block, viewContext) {
  const settings = block.column_settings ?? [];
  const classes = (n) =>
    `align-${settings[n]?.align ?? "left"}${settings[n]?.is_wrapped ? "" : " one-line"}`;
  const [head, ...rest] = block.rows;
  const first = head.map((cell, n) =>
    el("th", { class: classes(n), scope: "col" }, content(cell, viewContext)),
  );
  const rows = rest.map((cells) =>
    el(
      "tr",
      {},
      ...cells.map((cell, n) => el("td", { class: classes(n) }, content(cell, viewContext))),
    ),
  );
  return frame(
    viewContext.say("table"),
    el("table", {}, el("thead", {}, el("tr", {}, ...first)), el("tbody", {}, ...rows)),
  );
}

/** A paged table that is sorted by clicking its headers. */
export function dataTable(block, viewContext) {
  const [head, ...rest] = block.rows;
  const named = block.row_header_column_index ?? 0;
  const size = block.page_size ?? USUAL_PAGE;
  const sorted = { by: null, down: false };
  let page = 0;
  const body = el("tbody");
  const heads = head.map((cell, n) =>
    el("th", { scope: "col" }, sorter(content(cell, viewContext), n)),
  );
  const pager = el("div", { class: "table-pages" });

  function sorter(label, n) {
    return el("button", { type: "button", class: "table-sort", onclick: () => sortBy(n) }, label);
  }

  function sortBy(n) {
    sorted.down = sorted.by === n && !sorted.down;
    sorted.by = n;
    page = 0;
    draw();
  }

  function turn(by) {
    page += by;
    draw();
  }

  function draw() {
    const rows = sorted.by === null ? rest : [...rest].sort(compared(sorted));
    const shown = rows.slice(page * size, (page + 1) * size);
    fill(body, ...shown.map((cells) => row(cells)));
    heads.forEach((one, n) => {
      const order = sorted.down ? "descending" : "ascending";
      one.setAttribute("aria-sort", n === sorted.by ? order : "none");
    });
    const last = Math.ceil(rest.length / size) - 1;
    const number = `${page * size + 1}-${page * size + shown.length} / ${rest.length}`;
    fill(pager, step("‹", page > 0, -1), el("span", {}, number), step("›", page < last, 1));
  }

  function row(cells) {
    return el(
      "tr",
      {},
      ...cells.map((cell, n) =>
        n === named
          ? el("th", { scope: "row", class: "one-line" }, content(cell, viewContext))
          : el("td", {}, content(cell, viewContext)),
      ),
    );
  }

  function step(sign, possible, by) {
    const label = viewContext.say(by < 0 ? "rows_before" : "rows_after");
    return el(
      "button",
      { type: "button", disabled: !possible, aria: { label }, onclick: () => turn(by) },
      sign,
    );
  }

  draw();
  const made = el(
    "table",
    {},
    el("caption", {}, block.caption),
    el("thead", {}, el("tr", {}, ...heads)),
    body,
  );
  return el("div", {}, frame(block.caption, made), rest.length > size && pager);
}

function frame(label, made) {
  return el("div", { class: "table-frame", tabindex: "0", role: "region", aria: { label } }, made);
}

/** Compare numbers by value and texts by locale; numbers come before texts. */
function compared({ by, down }) {
  const turned = down ? -1 : 1;
  return (left, right) => turned * (byValue(left[by], right[by]) || byText(left[by], right[by]));
}

function byValue(left, right) {
  const [a, b] = [left.value ?? Infinity, right.value ?? Infinity];
  return a === b ? 0 : a - b;
}

function byText(left, right) {
  return written(left).localeCompare(written(right), undefined, { numeric: true });
}

function written(cell) {
  return cell.text ?? String(cell.value ?? "");
}

function content(cell, viewContext) {
  return cell.type === "rich_text" ? richText(cell, viewContext) : written(cell);
}
