// The traffic of the last action, in order, with times; the server has masked the secrets.

import { el, reconcile } from "./dom.js";
import { milliseconds } from "./texts.js";

/** Draw the exchanges and the acknowledgement time. */
export function showWire(place, wire, viewContext) {
  const [summary, list] = place.children;
  const first = wire.exchanges.find((one) => one.link === "to_bot");
  summary.textContent = first
    ? viewContext.say("wire_acknowledged", {
        status: first.status,
        time: milliseconds(first.seconds, viewContext.language),
      })
    : viewContext.say("wire_empty");
  const whole = Math.max(0.001, ...wire.exchanges.map((one) => one.at + one.seconds));
  reconcile(
    list,
    wire.exchanges.map((one, number) => ({ ...one, number })),
    {
      key: (one) => `${wire.action}/${one.number}`,
      print: (one) => JSON.stringify([one, viewContext.language]),
      build: (one) => exchange(one, whole, viewContext),
    },
  );
  for (const one of list.children) setBar(one, whole);
}

/** The line under the message box. */
export function acknowledgement(wire, viewContext) {
  const first = wire.exchanges.find((one) => one.link === "to_bot");
  if (!first) return "";
  return viewContext.say("acknowledged", {
    time: milliseconds(first.seconds, viewContext.language),
    count: wire.exchanges.length,
  });
}

function setBar(item, whole) {
  item.style.setProperty("--from", `${(100 * item.times.at) / whole}%`);
  item.style.setProperty("--long", `${(100 * item.times.seconds) / whole}%`);
}

function exchange(one, whole, viewContext) {
  const refused = refusal(one);
  const good = !refused && one.status >= 200 && one.status < 300;
  const item = el(
    "li",
    { class: `exchange ${one.link}` },
    el(
      "details",
      {},
      el(
        "summary",
        {},
        el("span", { class: "from-to" }, viewContext.say(`wire_${one.link}`)),
        el("span", { class: "exchange-name" }, one.name),
        el(
          "span",
          { class: good ? "status good" : "status bad" },
          [one.status || "–", refused].filter(Boolean).join(" "),
        ),
        el(
          "span",
          { class: "times" },
          viewContext.say("wire_times", {
            at: milliseconds(one.at, viewContext.language),
            took: milliseconds(one.seconds, viewContext.language),
          }),
        ),
        el("span", { class: "bar", aria: { hidden: "true" } }),
      ),
      part(viewContext.say("wire_request"), one.request_headers, one.request, viewContext),
      part(viewContext.say("wire_answer"), one.answer_headers, one.answer, viewContext),
    ),
  );
  item.times = { at: one.at, seconds: one.seconds };
  return item;
}

/** Slack refuses with status 200; this is its error code. */
function refusal(one) {
  if (one.link !== "web_api" || !one.answer.startsWith("{")) return null;
  try {
    const { ok, error } = JSON.parse(one.answer);
    return ok === false ? String(error) : null;
  } catch {
    return null;
  }
}

function part(title, headers, body, viewContext) {
  const decoded = readable(body, headers["Content-Type"] ?? "");
  return el(
    "section",
    { class: "part", aria: { label: title } },
    el("h4", {}, title),
    el(
      "dl",
      { class: "headers" },
      ...Object.entries(headers).flatMap(([name, value]) => [
        el("dt", {}, name),
        el("dd", { class: name === "X-Slack-Signature" ? "signature" : "" }, value),
      ]),
    ),
    body
      ? el("pre", { class: "wire-body", tabindex: "0", aria: { label: title } }, decoded)
      : el("p", { class: "hint" }, viewContext.say("wire_no_body")),
    decoded !== body &&
      el(
        "details",
        { class: "raw" },
        el("summary", {}, viewContext.say("wire_raw")),
        el(
          "pre",
          { class: "wire-body", tabindex: "0", aria: { label: viewContext.say("wire_raw") } },
          body,
        ),
      ),
  );
}

/** A body for reading: forms and JSON are formatted, everything else is shown as sent. */
export function readable(body, type) {
  if (type.startsWith("application/x-www-form-urlencoded")) return form(body);
  return laidOut(body) ?? body;
}

function form(body) {
  return [...new URLSearchParams(body)]
    .map(([name, value]) => {
      const inner = value.startsWith("{") || value.startsWith("[") ? laidOut(value) : null;
      return inner ? `${name} =\n${inner}` : `${name} = ${value}`;
    })
    .join("\n");
}

function laidOut(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}
