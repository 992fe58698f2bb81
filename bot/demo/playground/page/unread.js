// Unread messages in conversations that are not open.

/** Counts the bot's messages since each conversation was last seen. */
export class Unread {
  constructor() {
    this.seen = null;
    this.counts = new Map();
  }

  /** Count new messages; those in the open conversation and the initial ones count as read. */
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

  /** The number of unread messages in a conversation. */
  of(channel) {
    return this.counts.get(channel) ?? 0;
  }
}
