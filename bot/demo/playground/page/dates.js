// Dates and times as Slack shows them to each user: <!date^…^…> tokens and message times.

const DAY = 24 * 60 * 60 * 1000;

/** A time in a format such as "{date_short_pretty} {time}"; `_pretty` says today or yesterday. */
export function formatted(seconds, format, language) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  return format.replace(/\{(\w+)\}/g, (whole, token) => written(date, token, language) ?? whole);
}

function written(date, token, language) {
  const day = (options) => new Intl.DateTimeFormat(language, options).format(date);
  if (token === "time") return day({ hour: "numeric", minute: "2-digit" });
  if (token === "time_secs") return day({ hour: "numeric", minute: "2-digit", second: "2-digit" });
  if (token === "date_num") return day({ year: "numeric", month: "2-digit", day: "2-digit" });
  const pretty = token.endsWith("_pretty");
  const style = DATES[pretty ? token.slice(0, -"_pretty".length) : token];
  if (!style) return null;
  return (pretty && nearby(date, language)) || day(style);
}

const DATES = {
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
};

function nearby(date, language) {
  const midnight = (one) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  const days = Math.round((midnight(date) - midnight(new Date())) / DAY);
  if (Math.abs(days) > 1) return null;
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
}

/** The time of a message, from its `ts`. */
export function timeOf(ts, language) {
  return formatted(Number.parseInt(ts, 10), "{time}", language);
}
