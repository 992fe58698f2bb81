// Says new messages of the bot to those who cannot see them, as full sentences.

import { el } from "./dom.js";

const MOST_KEPT = 20;

/** Keeps in mind what was said; `region` is a live one. */
export class Announcer {
  constructor(region) {
    this.region = region;
    this.known = new Map();
  }

  /** Say what is new in `messages`, or nothing at the first look. */
  look(messages, eyes, { silently }) {
    for (const message of messages) {
      const before = this.known.get(message.ts);
      this.known.set(message.ts, message.text);
      const author = eyes.people[message.user];
      if (silently || before === message.text || !author?.is_bot) continue;
      const alone = message.ephemeral ? ` ${eyes.say("only_you")}.` : "";
      this.region.append(el("p", {}, `${author.name}: ${message.text}${alone}`));
    }
    while (this.region.children.length > MOST_KEPT) this.region.firstElementChild.remove();
  }
}
