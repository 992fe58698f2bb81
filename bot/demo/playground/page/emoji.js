// Common emoji shortcodes; others are shown as typed.

const SIGNS = {
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  warning: "⚠️",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  question: "❓",
  grey_question: "❔",
  exclamation: "❗",
  telephone: "☎️",
  telephone_receiver: "📞",
  phone: "☎️",
  robot_face: "🤖",
  mailbox: "📫",
  information_source: "ℹ️",
  bell: "🔔",
  eyes: "👀",
  wave: "👋",
  tada: "🎉",
  thumbsup: "👍",
  "+1": "👍",
  thumbsdown: "👎",
  "-1": "👎",
  pray: "🙏",
  smile: "😄",
  slightly_smiling_face: "🙂",
  thinking_face: "🤔",
  point_right: "👉",
  zap: "⚡",
  rotating_light: "🚨",
  lock: "🔒",
  key: "🔑",
  clock3: "🕒",
  repeat: "🔁",
  arrows_counterclockwise: "🔄",
};

/** The emoji of a shortcode without its colons; undefined if unknown. */
export function sign(name) {
  return Object.hasOwn(SIGNS, name) ? SIGNS[name] : undefined;
}
