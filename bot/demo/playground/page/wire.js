// What went over the wire for the last action, in order, with times; secrets came masked.

import { el, reconcile } from "./dom.js";
import { milliseconds } from "./texts.js";

/** Draw the exchanges and the sentence about the acknowledgement. */
export function showWire(place, wire, eyes) {
  const [summary, list] = place.children;
  const first = wire.exchanges.find((one) => one.link === "to_bot");
  summary.textContent = first
    ? eyes.say("wire_acknowledged", {
        status: first.status,
        time: milliseconds(first.seconds, eyes.language),
      })
    : eyes.say("wire_empty");
  const whole = Math.max(0.001, ...wire.exchanges.map((one) => one.at + one.seconds));
  reconcile(
    list,
    wire.exchanges.map((one, number) => ({ ...one, number })),
    {
      key: (one) => `${wire.action}/${one.number}`,
      print: (one) => JSON.stringify([one, eyes.language]),
      build: (one) => exchange(one, whole, eyes),
    },
  );
  for (const one of list.children) setBar(one, whole);
}

/** The short line under the composer. */
export function acknowledgement(wire, eyes) {
  const first = wire.exchanges.find((one) => one.link === "to_bot");
  if (!first) return "";
  return eyes.say("acknowledged", {
    time: milliseconds(first.seconds, eyes.language),
    count: wire.exchanges.length,
  });
}

function setBar(item, whole) {
  item.style.setProperty("--from", `${(100 * item.times.at) / whole}%`);
  item.style.setProperty("--long", `${(100 * item.times.seconds) / whole}%`);
}

function exchange(one, whole, eyes) {
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
        el("span", { class: "from-to" }, eyes.say(`wire_${one.link}`)),
        el("span", { class: "exchange-name" }, one.name),
        el(
          "span",
          { class: good ? "status good" : "status bad" },
          [one.status || "–", refused].filter(Boolean).join(" "),
        ),
        el(
          "span",
          { class: "times" },
          eyes.say("wire_times", {
            at: milliseconds(one.at, eyes.language),
            took: milliseconds(one.seconds, eyes.language),
          }),
        ),
        el("span", { class: "bar", aria: { hidden: "true" } }),
      ),
      part(eyes.say("wire_request"), one.request_headers, one.request, eyes),
      part(eyes.say("wire_answer"), one.answer_headers, one.answer, eyes),
    ),
  );
  item.times = { at: one.at, seconds: one.seconds };
  return item;
}

/** Slack says no with 200; its word for it. */
function refusal(one) {
  if (one.link !== "web_api" || !one.answer.startsWith("{")) return null;
  try {
    const { ok, error } = JSON.parse(one.answer);
    return ok === false ? String(error) : null;
  } catch {
    return null;
  }
}

function part(title, headers, body, eyes) {
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
      : el("p", { class: "hint" }, eyes.say("wire_no_body")),
    decoded !== body &&
      el(
        "details",
        { class: "raw" },
        el("summary", {}, eyes.say("wire_raw")),
        el(
          "pre",
          { class: "wire-body", tabindex: "0", aria: { label: eyes.say("wire_raw") } },
          body,
        ),
      ),
  );
}

/** A body as a developer reads it: forms and JSON laid out, all else as it was sent. */
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
