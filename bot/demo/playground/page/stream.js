// The line to the server: what one person sees comes in as a stream, what they do goes out.

/**
 * Opens the line of a person. `hears` are the listeners by the names of the events, and `cut` is
 * told when the line is; a server that is there again is another one, so the page begins anew.
 */
export class Line {
  constructor(person, hears, cut) {
    this.person = person;
    this.stream = new EventSource(`/stream?as=${encodeURIComponent(person)}`);
    for (const [name, listener] of Object.entries(hears)) {
      this.stream.addEventListener(name, (event) => listener(JSON.parse(event.data)));
    }
    this.isCut = false;
    this.stream.addEventListener("error", () => {
      this.isCut = true;
      cut();
    });
    this.stream.addEventListener("open", () => this.isCut && location.reload());
  }

  close() {
    this.stream.close();
  }

  /** Let the person do something; `complain(phrase, values)` is called where it did not work. */
  async act(deed, complain) {
    try {
      const response = await fetch("/deed", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ as: this.person, ...deed }),
      });
      const done = await response.json();
      if (!response.ok) return complain("not_possible", { problem: done.problem });
      // Without a status there was nobody whom Slack would have told.
      if ((done.status ?? 200) !== 200) complain("trouble_connecting");
      return done;
    } catch {
      return complain("server_away");
    }
  }
}
