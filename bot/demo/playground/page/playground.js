// The playground: what the loopback Slack lets one person see, and everything they do in it.
//
// Nothing is decided here: each deed goes to the server, which lets the loopback Slack's person do
// it, and what comes of it arrives in the stream.

import { composer, examples, globalShortcut } from "./composer.js";
import { askFirst, openWords, toast } from "./dialogs.js";
import { el, iconButton } from "./dom.js";
import { drawSidebar, drawTopbar, keyboardHelp } from "./furniture.js";
import { movesAmongMessages, showMessages } from "./messages.js";
import { speaker } from "./texts.js";
import { changeTheme, keptTheme } from "./theme.js";
import { ModalDialog, showHome } from "./views.js";
import { acknowledgement, showWire } from "./wire.js";

const HINT_KEY = "voicestatus-hint";
const ROUTES = /^#\/(room|direct|home)(?:\/(\w+))?$/;
const NEAR_THE_END = 120;
const WIDE = 1560;

class Playground {
  constructor(start) {
    this.start = start;
    this.parts = Object.fromEntries(
      [...document.querySelectorAll("[id]")].map((part) => [part.id, part]),
    );
    this.modal = new ModalDialog(this.parts.modal);
    this.wire = { action: 0, exchanges: [] };
    this.thread = null;
    this.follow = null;
    this.shown = new Map();
    this.wireOpen = innerWidth >= WIDE;
    for (const list of document.querySelectorAll("ol.messages")) movesAmongMessages(list);
    addEventListener("hashchange", () => this.go());
    addEventListener("keydown", (event) => this.key(event));
  }

  /** See with the eyes of an agent, in their language. */
  become(agent) {
    this.agent = agent;
    this.say = speaker(agent.texts, agent.language);
    this.sight = null;
    this.thread = null;
    this.shown.clear();
    document.documentElement.lang = agent.language;
    document.title = this.say("title");
    this.stream?.close();
    this.stream = new EventSource(`/stream?as=${encodeURIComponent(agent.id)}`);
    this.stream.addEventListener("sight", (event) => this.see(JSON.parse(event.data)));
    this.stream.addEventListener("wire", (event) => this.hear(JSON.parse(event.data)));
    this.stream.addEventListener("error", () => document.body.classList.add("away"));
    this.stream.addEventListener("open", () => document.body.classList.remove("away"));
  }

  get eyes() {
    const { people, rooms, me } = this.sight;
    return {
      people,
      rooms,
      me,
      say: this.say,
      language: this.agent.language,
      act: (deed) => this.act(deed),
      toast: (sentence) => toast(this.parts.toasts, sentence),
      confirm: (confirm) => askFirst(confirm, this.eyes),
    };
  }

  /** Let the person do something; gives what the server says, or false. */
  async act(deed) {
    try {
      const response = await fetch("/deed", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ as: this.agent.id, ...deed }),
      });
      const done = await response.json();
      if (!response.ok) {
        toast(this.parts.toasts, this.say("not_possible", { problem: done.problem }));
        return false;
      }
      if (done.status !== undefined && done.status !== 200)
        toast(this.parts.toasts, this.say("trouble_connecting"));
      return done;
    } catch {
      toast(this.parts.toasts, this.say("server_away"));
      return false;
    }
  }

  see(sight) {
    const first = this.sight === null;
    this.sight = sight;
    if (first) this.furnish();
    this.followAnswers();
    this.announce(first);
    this.draw();
  }

  hear(wire) {
    this.wire = wire;
    if (this.sight) this.drawWire();
  }

  furnish() {
    const { parts, say } = this;
    parts.skip.textContent = say("skip");
    parts.modal.removeAttribute("aria-label");
    parts.announcer.setAttribute("aria-label", say("announcements"));
    parts.thread.setAttribute("aria-label", say("thread"));
    parts.wire.setAttribute("aria-label", say("wire"));
    parts.thread.children[0].replaceChildren(
      el("h2", {}, say("thread")),
      iconButton("close", say("close_thread"), () => this.openThread(null)),
    );
    parts.wire.children[0].replaceChildren(
      el("h2", {}, say("wire")),
      iconButton("close", say("close_wire"), () => this.toggleWire()),
    );
    const ways = {
      become: (agent) => this.become(agent),
      theme: () => {
        changeTheme();
        this.drawTopbar();
      },
      wire: () => this.toggleWire(),
      keys: () => openWords(say("keyboard"), this.eyes, keyboardHelp(this.eyes)),
      menu: () => document.body.classList.toggle("menu-open"),
    };
    this.drawTopbar = () =>
      drawTopbar(
        parts.topbar,
        { ...ways, agents: this.start.agents, agent: this.agent, wireOpen: this.wireOpen },
        this.eyes,
      );
    this.drawTopbar();
    this.go();
  }

  /** Read the address: which conversation is open. */
  go() {
    if (!this.sight) return;
    const [, kind, id] = ROUTES.exec(location.hash) ?? [];
    const room = this.sight.rooms.find((one) => one.id === id) ?? this.ownRoom();
    const before = this.here?.key;
    if (kind === "home") this.here = { kind, key: "home" };
    else if (kind === "direct") this.here = { kind, key: "direct", channel: this.sight.direct };
    else this.here = { kind: "room", key: room.id, channel: room.id, room };
    document.body.classList.remove("menu-open");
    if (before !== this.here.key || this.drawnFor !== this.agent.id) this.arrive();
    this.draw();
  }

  ownRoom() {
    const own = this.start.rooms[this.agent.language];
    return this.sight.rooms.find((one) => one.id === own) ?? this.sight.rooms[0];
  }

  arrive() {
    this.drawnFor = this.agent.id;
    this.thread = null;
    this.parts.messages.replaceChildren();
    this.drawFoot(this.parts.foot, null);
    this.shown.delete("main");
    if (this.here.kind === "home") this.act({ do: "home", tab: "home" });
    if (this.here.kind === "direct") this.act({ do: "home", tab: "messages" });
  }

  draw() {
    if (!this.here) return;
    const { parts, here } = this;
    const isHome = here.kind === "home";
    drawSidebar(parts.sidebar, { sight: this.sight, here }, this.eyes);
    this.drawPlace();
    parts.messages.hidden = isHome;
    parts.foot.hidden = isHome;
    parts.home.hidden = !isHome;
    if (isHome) showHome(parts.home, this.sight.home, this.eyes);
    else {
      parts.messages.setAttribute("aria-label", this.title());
      const own = this.sight.messages.filter(
        (message) => message.channel === here.channel && !message.reply_to,
      );
      this.list(parts.messages, "main", own, { inThread: false });
    }
    this.drawStart();
    this.drawThread();
    this.modal.show(this.sight.modals.at(-1), this.eyes);
    this.drawWire();
  }

  title() {
    if (this.here.kind === "room") return `#${this.here.room.name}`;
    return this.here.kind === "home" ? this.say("home") : this.sight.people[this.sight.bot].name;
  }

  topic() {
    return this.say(this.here.kind === "room" ? this.here.room.topic : `topic_${this.here.kind}`);
  }

  drawPlace() {
    const print = `${this.title()}|${this.topic()}`;
    if (this.parts.place.printed === print) return;
    this.parts.place.printed = print;
    this.parts.place.replaceChildren(el("h1", {}, this.title()), el("p", {}, this.topic()));
  }

  list(list, name, messages, { inThread }) {
    const end = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END;
    const before = this.shown.get(name);
    showMessages(list, messages, this.eyes, {
      inThread,
      advised: this.advised(),
      replies: (message) => (inThread ? 0 : this.repliesTo(message).length),
      openThread: (message) => this.openThread(message),
      shortcut: (message) => this.shortcut(message),
    });
    if (before === undefined || (end && before !== messages.length)) showEnd(list);
    this.shown.set(name, messages.length);
  }

  repliesTo(message) {
    return this.sight.messages.filter(
      (one) => one.channel === message.channel && one.reply_to === message.ts,
    );
  }

  /** The customer's message that a newcomer is led to, until they have tried it. */
  advised() {
    if (this.hintIsDone() || this.here.kind !== "room" || this.here.channel !== this.ownRoom().id)
      return null;
    const people = this.sight.messages.filter(
      (one) =>
        one.channel === this.here.channel && !one.reply_to && !this.sight.people[one.user]?.is_bot,
    );
    return people.findLast((one) => /SANDBOX-BUSY/.test(one.text))?.ts ?? null;
  }

  hintIsDone() {
    return localStorage.getItem(HINT_KEY) === "done";
  }

  drawStart() {
    const { start } = this.parts;
    const ts = this.advised();
    start.hidden = ts === null;
    if (start.hidden || start.printed === `${ts}${this.agent.id}`) return;
    start.printed = `${ts}${this.agent.id}`;
    const message = this.sight.messages.find((one) => one.ts === ts);
    start.setAttribute("aria-label", this.say("start_title"));
    start.replaceChildren(
      el("div", {}, el("h2", {}, this.say("start_title")), el("p", {}, this.say("start_body"))),
      el(
        "button",
        { type: "button", class: "button primary", onclick: () => this.shortcut(message) },
        this.say("start_button"),
      ),
      iconButton("close", this.say("start_close"), () => this.endHint()),
    );
  }

  endHint() {
    localStorage.setItem(HINT_KEY, "done");
    this.draw();
  }

  async shortcut(message) {
    if (message.ts === this.advised()) localStorage.setItem(HINT_KEY, "done");
    this.openThread(this.sight.messages.find((one) => one.ts === message.reply_to) ?? message);
    await this.act({ do: "shortcut", channel: message.channel, ts: message.ts });
  }

  openThread(message) {
    this.thread = message && { channel: message.channel, ts: message.reply_to ?? message.ts };
    this.shown.delete("thread");
    if (message) this.drawFoot(this.parts.thread.children[2], this.thread);
    this.draw();
    if (message) this.parts.thread.querySelector("textarea").focus({ preventScroll: true });
    else this.parts.foot.querySelector("textarea")?.focus();
  }

  drawThread() {
    const { thread } = this.parts;
    thread.hidden = this.thread === null;
    document.body.classList.toggle("thread-open", this.thread !== null);
    if (thread.hidden) return;
    const inside = this.sight.messages.filter(
      (one) =>
        one.channel === this.thread.channel && [one.ts, one.reply_to].includes(this.thread.ts),
    );
    const list = thread.children[1];
    list.setAttribute("aria-label", this.say("thread"));
    this.list(list, "thread", inside, { inThread: true });
  }

  /** A composer, with examples where it is the main one. */
  drawFoot(foot, thread) {
    const eyes = this.eyes;
    const send = (text) => this.send(text, thread);
    const placeholder = thread
      ? this.say("reply_placeholder")
      : this.say("composer_placeholder", { where: this.title(), command: this.start.command });
    const parts = [
      composer(eyes, {
        label: thread
          ? this.say("reply_label")
          : this.say("composer_label", { where: this.title() }),
        placeholder,
        send,
        beside: thread ? [] : [globalShortcut(eyes)],
      }),
    ];
    if (!thread) parts.unshift(examples(eyes, this.examples(), send));
    if (!thread)
      parts.push(
        el("button", {
          type: "button",
          class: "acknowledged",
          hidden: true,
          onclick: () => this.toggleWire(true),
        }),
      );
    foot.replaceChildren(...parts);
  }

  examples() {
    return this.say(this.here.kind === "direct" ? "examples_direct" : "examples_room")
      .split("\n")
      .filter(Boolean);
  }

  async send(text, thread) {
    const { command } = this.start;
    const channel = thread?.channel ?? this.here.channel;
    const [word, ...rest] = text.split(/\s+/);
    if (text.startsWith("/")) {
      if (word !== command) return this.refuse("no_such_command", { word, command });
      if (thread) return this.refuse("no_commands_in_threads", { command });
      this.shown.delete("main");
      return this.act({ do: "command", channel, text: text.slice(word.length).trim() });
    }
    const done = await this.act({ do: "say", channel, text, thread_ts: thread?.ts ?? "" });
    if (done && !thread && !rest.includes(command))
      this.follow = { channel, ts: done.ts, until: Date.now() + 15000 };
    this.shown.delete(thread ? "thread" : "main");
    this.draw();
    return done;
  }

  refuse(name, values) {
    toast(this.parts.toasts, this.say(name, values));
    return false;
  }

  /** The bot answers in a thread: open the thread of what the person has just written. */
  followAnswers() {
    const { follow } = this;
    if (!follow || Date.now() > follow.until) return;
    const answered = this.sight.messages.some(
      (one) => one.channel === follow.channel && one.reply_to === follow.ts,
    );
    if (!answered) return;
    this.follow = null;
    this.thread = { channel: follow.channel, ts: follow.ts };
    this.shown.delete("thread");
    this.drawFoot(this.parts.thread.children[2], this.thread);
  }

  /** Say new messages of the bot to those who cannot see them. */
  announce(first) {
    this.said ??= new Map();
    for (const message of this.sight.messages) {
      const known = this.said.get(message.ts);
      this.said.set(message.ts, message.text);
      if (first || known === message.text || !this.sight.people[message.user]?.is_bot) continue;
      const kind = message.ephemeral ? this.say("only_you") : "";
      this.parts.announcer.append(
        el("p", {}, `${this.sight.people[message.user].name}: ${message.text} ${kind}`),
      );
    }
    while (this.parts.announcer.children.length > 20)
      this.parts.announcer.firstElementChild.remove();
  }

  drawWire() {
    const { wire } = this.parts;
    wire.hidden = !this.wireOpen;
    document.body.classList.toggle("wire-open", this.wireOpen);
    if (this.wireOpen) showWire(wire.children[1], this.wire, this.eyes);
    const line = this.parts.foot.querySelector(".acknowledged");
    if (!line) return;
    const words = acknowledgement(this.wire, this.eyes);
    line.hidden = !words || this.wireOpen;
    if (line.textContent !== words) line.textContent = words;
  }

  toggleWire(open = !this.wireOpen) {
    this.wireOpen = open;
    this.drawTopbar();
    this.drawWire();
    if (open) this.parts.wire.querySelector("button").focus();
    else this.parts.topbar.querySelector("[data-focus=wire]")?.focus();
  }

  key(event) {
    if (event.key === "Escape" && !document.querySelector("dialog[open], [popover]:popover-open")) {
      if (this.wireOpen && this.parts.wire.contains(document.activeElement)) this.toggleWire(false);
      else if (this.thread) this.openThread(null);
      else document.body.classList.remove("menu-open");
    }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const links = [...this.parts.sidebar.querySelectorAll("a")];
      const at = links.findIndex((link) => link.getAttribute("aria-current"));
      event.preventDefault();
      links[(at + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length].click();
    }
  }
}

/** Scroll to the end, but not past the beginning of the last message. */
function showEnd(list) {
  const last = list.lastElementChild;
  if (last)
    list.scrollTop = Math.min(
      list.scrollHeight - list.clientHeight,
      last.offsetTop - list.offsetTop - 14,
    );
}

keptTheme();
const start = await (await fetch("/start")).json();
const playground = new Playground(start);
playground.become(start.agents.find((agent) => agent.id === start.first));
