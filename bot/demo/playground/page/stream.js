// The connection to the server: one user's view arrives as server-sent events, actions are posted.

/**
 * Opens a user's stream. `handlers` are called by event name, `onCut` when the connection breaks.
 * A server that answers again is a new process with new data, so the page reloads.
 */
export class Stream {
  constructor(person, handlers, onCut) {
    this.person = person;
    this.source = new EventSource(`/stream?as=${encodeURIComponent(person)}`);
    for (const [name, handler] of Object.entries(handlers)) {
      this.source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
    }
    this.isCut = false;
    this.source.addEventListener("error", () => {
      this.isCut = true;
      onCut();
    });
    this.source.addEventListener("open", () => this.isCut && location.reload());
  }

  close() {
    this.source.close();
  }

  /** Post a user's action; `complain(phrase, values)` is called if it fails. */
  async act(action, complain) {
    try {
      const response = await fetch("/action", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ as: this.person, ...action }),
      });
      const done = await response.json();
      if (!response.ok) return complain("not_possible", { problem: done.problem });
      // No status means that Slack sends the bot nothing for this action.
      if ((done.status ?? 200) !== 200) complain("trouble_connecting");
      return done;
    } catch {
      return complain("server_away");
    }
  }
}
