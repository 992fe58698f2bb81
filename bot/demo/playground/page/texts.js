// The page's own texts, in the agent's language.

/** A function that returns a phrase with its values; `count` selects the plural form. */
export function speaker(texts, language) {
  const plural = new Intl.PluralRules(language);
  return (name, values = {}) => {
    const phrase = texts[name];
    if (phrase === undefined) throw new Error(`no phrase ${name}`);
    const form =
      typeof phrase === "string" ? phrase : (phrase[plural.select(values.count)] ?? phrase.other);
    return form.replace(/\{(\w+)\}/g, (whole, key) =>
      key in values ? String(values[key]) : whole,
    );
  };
}

/** The agent who speaks `language`; otherwise the one of `demo --language`, or of the browser. */
export function agentSpeaking({ agents, language: opened }, language) {
  const [wanted] = [language, opened, ...navigator.languages]
    .map((tag) => agents.find((one) => one.language.slice(0, 2) === tag?.slice(0, 2)))
    .filter(Boolean);
  return wanted ?? agents[0];
}

/** A duration in milliseconds. */
export function milliseconds(seconds, language) {
  const digits = seconds < 0.01 ? 1 : 0;
  const written = new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${written.format(seconds * 1000)} ms`;
}
