// Announces the bot's new messages to screen readers, as full sentences.

import { el } from "./dom.js";

const MOST_LINES = 20;

/** Remembers what it has announced; `region` is an ARIA live region. */
export class Announcer {
  constructor(region) {
    this.region = region;
    this.known = new Map();
  }

  /** Announce new or changed messages; `silently` only remembers them. */
  look(messages, viewContext, { silently }) {
    for (const message of messages) {
      const before = this.known.get(message.ts);
      this.known.set(message.ts, message.text);
      const author = viewContext.people[message.user];
      if (silently || before === message.text || !author?.is_bot) continue;
      const alone = message.ephemeral ? ` ${viewContext.say("only_you")}.` : "";
      this.region.append(el("p", {}, `${author.name}: ${message.text}${alone}`));
    }
    while (this.region.children.length > MOST_LINES) this.region.firstElementChild.remove();
  }
}
