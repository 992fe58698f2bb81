// What came to conversations that one person does not look at.

/** Counts the bot's messages since each conversation was last seen. */
export class Unread {
  constructor() {
    this.seen = null;
    this.counts = new Map();
  }

  /** Look at all messages; those of the conversation `here` are read, and so are the first ones. */
  look(messages, here, people) {
    const first = this.seen === null;
    this.seen ??= new Set();
    for (const { channel, ts, user } of messages) {
      const news = !this.seen.has(ts) && !first && people[user]?.is_bot;
      this.seen.add(ts);
      if (news) this.counts.set(channel, this.of(channel) + 1);
    }
    this.counts.delete(here);
  }

  /** How many stand in a conversation unread. */
  of(channel) {
    return this.counts.get(channel) ?? 0;
  }
}
