// The playground: what the loopback Slack lets one person see, and everything they do in it.
//
// Nothing is decided here: each deed goes to the server, which lets the loopback Slack's person do
// it, and what comes of it arrives in the stream.

import { Announcer } from "./announcer.js";
import { composer, examples, globalShortcut } from "./composer.js";
import { askFirst, openWords, toast } from "./dialogs.js";
import { el, iconButton } from "./dom.js";
import { drawSidebar, drawTopbar, keyboardHelp } from "./chrome.js";
import { advised, noLongerNew, showHint } from "./hint.js";
import { Line } from "./stream.js";
import { isAtEnd, movesAmongMessages, showEnd, showMessages } from "./messages.js";
import { speaker } from "./texts.js";
import { changeTheme, keptTheme } from "./theme.js";
import { Unread } from "./unread.js";
import { ModalDialog, showHome } from "./views.js";
import { acknowledgement, showWire } from "./wire.js";

// Who looks is kept for this tab, over a reload and over a new start of the server.
const WHO = "voicestatus-who";
const ROUTES = /^#\/(room|direct|home)(?:\/(\w+))?$/;
const FOLLOW_MS = 15_000;
// Where the panel fits beside a thread, it stands there from the beginning.
const WIDE = 1560;
// On so narrow a screen a pane covers the conversation; the same as in the style sheet.
const PANES_COVER = "(max-width: 820px)";

class Playground {
  constructor(start) {
    this.start = start;
    this.parts = Object.fromEntries(
      [...document.querySelectorAll("[id]")].map((part) => [part.id, part]),
    );
    this.modal = new ModalDialog(this.parts.modal);
    this.announcer = new Announcer(this.parts.announcer);
    this.wire = { action: 0, exchanges: [] };
    this.wireOpen = innerWidth >= WIDE;
    this.lengths = new Map();
    this.drafts = new Map();
    for (const list of document.querySelectorAll("ol.messages")) movesAmongMessages(list);
    addEventListener("hashchange", () => this.go());
    addEventListener("keydown", (event) => this.key(event));
  }

  /** See with the eyes of an agent, in their language. */
  become(agent) {
    sessionStorage.setItem(WHO, agent.id);
    this.agent = agent;
    this.say = speaker(agent.texts, agent.language);
    this.sight = null;
    this.here = null;
    this.follow = null;
    this.unread = new Unread();
    document.documentElement.lang = agent.language;
    document.title = this.say("title");
    this.line?.close();
    const hears = { sight: (sight) => this.see(sight), wire: (wire) => this.hear(wire) };
    this.line = new Line(agent.id, hears, () => {
      this.parts.away.hidden = false;
      this.parts.away.textContent = this.say("server_away");
    });
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
      complain: (name, values) => this.complain(name, values),
      confirm: (confirm) => askFirst(confirm, this.eyes),
    };
  }

  act(deed) {
    return this.line.act(deed, (name, values) => this.complain(name, values));
  }

  /** Say what did not work; gives false, as a deed that was not done. */
  complain(name, values) {
    toast(this.parts.toasts, this.say(name, values));
    return false;
  }

  see(sight) {
    const first = this.sight === null;
    this.sight = sight;
    if (first) this.furnish();
    this.followAnswers();
    this.announcer.look(sight.messages, this.eyes, { silently: first });
    this.draw();
  }

  hear(wire) {
    this.wire = wire;
    if (!this.sight) return;
    const list = this.parts.messages;
    const atEnd = isAtEnd(list);
    this.drawWire();
    if (atEnd) showEnd(list);
  }

  /** What stays as it is while one person looks. */
  furnish() {
    const { parts, say } = this;
    parts.skip.textContent = say("skip");
    parts.announcer.setAttribute("aria-label", say("announcements"));
    this.headPane(parts.thread, "thread", "close_thread", () => this.openThread(null));
    this.headPane(parts.wire, "wire", "close_wire", () => this.toggleWire());
    this.drawTopbar();
    this.go();
  }

  headPane(pane, title, close, onclick) {
    pane.setAttribute("aria-label", this.say(title));
    const button = iconButton("close", this.say(close), onclick);
    pane.firstElementChild.replaceChildren(el("h2", {}, this.say(title)), button);
  }

  drawTopbar() {
    const { agents } = this.start;
    const ways = {
      become: (agent) => this.become(agent),
      theme: () => {
        changeTheme();
        this.drawTopbar();
      },
      wire: () => this.toggleWire(),
      keys: () => openWords(this.say("keyboard"), this.eyes, keyboardHelp(this.eyes)),
      menu: () => {
        document.body.classList.toggle("menu-open");
        this.drawTopbar();
      },
    };
    const state = { agents, agent: this.agent, wireOpen: this.wireOpen };
    drawTopbar(this.parts.topbar, { ...state, ...ways }, this.eyes);
  }

  /** Read the address: which conversation is open. */
  go() {
    if (!this.sight) return;
    const [, kind, id] = ROUTES.exec(location.hash) ?? [];
    const before = this.here?.key;
    if (kind === "home") this.here = { kind, key: "home" };
    else if (kind === "direct") this.here = { kind, key: "direct", channel: this.sight.direct };
    else {
      const room = this.sight.rooms.find((one) => one.id === id) ?? this.ownRoom();
      this.here = { kind: "room", key: room.id, channel: room.id, room };
    }
    if (document.body.classList.contains("menu-open")) {
      document.body.classList.remove("menu-open");
      this.drawTopbar();
    }
    if (before !== this.here.key) this.arrive();
    this.draw();
  }

  ownRoom() {
    const own = this.start.rooms[this.agent.language];
    return this.sight.rooms.find((one) => one.id === own);
  }

  arrive() {
    this.thread = null;
    this.lengths.clear();
    this.parts.messages.replaceChildren();
    this.drawFoot();
    if (this.wasTyping) this.parts.foot.querySelector("textarea").focus();
    this.wasTyping = false;
    if (this.here.kind === "home") this.act({ do: "home", tab: "home" });
    if (this.here.kind === "direct") this.act({ do: "home", tab: "messages" });
  }

  draw() {
    const { parts, here } = this;
    const isHome = here.kind === "home";
    this.unread.look(this.sight.messages, here.channel, this.sight.people);
    drawSidebar(parts.sidebar, { sight: this.sight, here, unread: this.unread }, this.eyes);
    parts.place.replaceChildren(el("h1", {}, this.title()), el("p", {}, this.topic()));
    parts.messages.hidden = isHome;
    parts.foot.hidden = isHome;
    parts.home.hidden = !isHome;
    // What takes room from the list comes before it, so that its end is where it will stay.
    showHint(parts.start, this.advised(), this.eyes, {
      check: (message) => this.shortcut(message),
      close: () => {
        noLongerNew();
        this.draw();
      },
    });
    this.drawWire();
    if (isHome) showHome(parts.home, this.sight.home, this.eyes);
    else this.drawMessages();
    this.drawThread();
    this.cover();
    this.modal.show(this.sight.modals.at(-1), this.eyes);
  }

  title() {
    if (this.here.kind === "room") return `#${this.here.room.name}`;
    return this.here.kind === "home" ? this.say("home") : this.sight.people[this.sight.bot].name;
  }

  topic() {
    return this.say(this.here.kind === "room" ? this.here.room.topic : `topic_${this.here.kind}`);
  }

  /** Only in the agent's own channel is a newcomer led. */
  advised() {
    if (this.here.channel !== this.ownRoom().id) return undefined;
    return advised(this.sight, this.here.channel);
  }

  drawMessages() {
    const { channel } = this.here;
    this.parts.messages.setAttribute("aria-label", this.title());
    const own = this.sight.messages.filter((one) => one.channel === channel && !one.reply_to);
    this.list(this.parts.messages, own, { inThread: false });
  }

  drawThread() {
    const pane = this.parts.thread;
    pane.hidden = this.thread === null;
    document.body.classList.toggle("thread-open", this.thread !== null);
    if (this.thread === null) return;
    const { channel, ts } = this.thread;
    const inside = this.sight.messages.filter(
      (one) => one.channel === channel && [one.ts, one.reply_to].includes(ts),
    );
    const list = pane.children[1];
    list.setAttribute("aria-label", this.say("thread"));
    this.list(list, inside, { inThread: true });
  }

  /** Show messages; whoever was at the end, or has just come or written, sees the new end. */
  list(list, messages, { inThread }) {
    const atEnd = isAtEnd(list);
    const before = this.lengths.get(list);
    showMessages(list, messages, this.eyes, {
      inThread,
      advised: this.advised()?.ts,
      replies: (message) => (inThread ? 0 : this.repliesTo(message)),
      openThread: (message) => this.openThread(message),
      shortcut: (message) => this.shortcut(message),
    });
    if (before === undefined || (atEnd && before !== messages.length)) showEnd(list);
    this.lengths.set(list, messages.length);
  }

  repliesTo({ channel, ts }) {
    return this.sight.messages.filter((one) => one.channel === channel && one.reply_to === ts)
      .length;
  }

  async shortcut(message) {
    if (message.ts === this.advised()?.ts) noLongerNew();
    this.openThread(message);
    await this.act({ do: "shortcut", channel: message.channel, ts: message.ts });
  }

  openThread(message) {
    this.setThread(message && { channel: message.channel, ts: message.reply_to ?? message.ts });
    this.draw();
    const box = (message ? this.parts.thread : this.parts.foot).querySelector("textarea");
    box?.focus({ preventScroll: true });
  }

  setThread(thread) {
    this.thread = thread;
    const pane = this.parts.thread;
    this.lengths.delete(pane.children[1]);
    if (thread === null) return;
    const words = {
      label: this.say("reply_label"),
      placeholder: this.say("reply_placeholder"),
      send: (text, files) => this.send(text, thread, files),
    };
    pane.children[2].replaceChildren(composer(this.eyes, words));
  }

  /** What a pane lies over cannot be reached while it does. */
  cover() {
    const open = this.thread !== null || this.wireOpen;
    this.parts.main.inert = open && matchMedia(PANES_COVER).matches;
  }

  /** The composer of the conversation, with ready examples and the way to the wire. */
  drawFoot() {
    const { eyes, say } = this;
    const where = this.title();
    const send = (text, files) => this.send(text, null, files);
    const placeholder = say("composer_placeholder", { where, command: this.start.command });
    const label = say("composer_label", { where });
    const ready = say(this.here.kind === "direct" ? "examples_direct" : "examples_room")
      .split("\n")
      .filter((text) => text && (this.hears() || !text.startsWith("@")));
    this.parts.foot.replaceChildren(
      examples(eyes, ready, send),
      composer(eyes, {
        label,
        placeholder,
        send,
        beside: [globalShortcut(eyes)],
        draft: this.drafts.get(this.here.key),
        keep: (text) => this.drafts.set(this.here.key, text),
      }),
      el("button", {
        type: "button",
        class: "acknowledged",
        hidden: true,
        onclick: () => this.toggleWire(true),
      }),
    );
  }

  /** Send what was typed; false where it stays in the box. */
  async send(text, thread, files) {
    const { command } = this.start;
    const channel = thread?.channel ?? this.here.channel;
    const [word] = text.split(/\s/);
    this.lengths.delete(thread ? this.parts.thread.children[1] : this.parts.messages);
    noLongerNew();
    if (!text.startsWith("/")) return this.write(text, channel, thread, files);
    if (word !== command) return this.complain("no_such_command", { word, command });
    if (thread) return this.complain("no_commands_in_threads", { command });
    return this.act({ do: "command", channel, text: text.slice(word.length).trim() });
  }

  /** Where the bot is no member it does not hear its name. */
  hears() {
    return this.here.room?.has_bot ?? true;
  }

  async write(text, channel, thread, files) {
    if (text.includes("@") && !this.hears()) this.complain("not_heard");
    const done = await this.act({ do: "say", channel, text, files, thread_ts: thread?.ts ?? "" });
    if (done && !thread) this.follow = { channel, ts: done.ts, until: Date.now() + FOLLOW_MS };
    this.followAnswers(); // the answer may have arrived before the acknowledgement
    this.draw();
    return done;
  }

  /** The bot answers in a thread: open the thread of what the person has just written. */
  followAnswers() {
    const { follow } = this;
    if (!follow || Date.now() > follow.until || !this.repliesTo(follow)) return;
    this.follow = null;
    this.setThread({ channel: follow.channel, ts: follow.ts });
  }

  drawWire() {
    const { wire, foot } = this.parts;
    wire.hidden = !this.wireOpen;
    document.body.classList.toggle("wire-open", this.wireOpen);
    if (this.wireOpen) showWire(wire.children[1], this.wire, this.eyes);
    const line = foot.querySelector(".acknowledged");
    if (!line) return;
    const words = acknowledgement(this.wire, this.eyes);
    line.hidden = !words || this.wireOpen;
    if (line.textContent !== words) line.textContent = words;
  }

  toggleWire(open = !this.wireOpen) {
    this.wireOpen = open;
    this.drawTopbar();
    this.drawWire();
    this.cover();
    const next = open ? this.parts.wire : this.parts.topbar;
    next.querySelector(open ? "button" : "[data-focus=wire]").focus();
  }

  key(event) {
    if (event.key === "Escape" && !document.querySelector("dialog[open], :popover-open")) {
      this.stepBack();
    }
    const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
    if (step === undefined) return;
    event.preventDefault();
    this.wasTyping = this.parts.foot.contains(document.activeElement);
    const links = [...this.parts.sidebar.querySelectorAll("a")];
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    links[(at + step + links.length) % links.length].click();
  }

  stepBack() {
    if (this.wireOpen && this.parts.wire.contains(document.activeElement)) this.toggleWire(false);
    else if (this.thread) this.openThread(null);
    else document.body.classList.remove("menu-open");
  }
}

keptTheme();
const start = await (await fetch("/start")).json();
const playground = new Playground(start);
const known = start.agents.find((agent) => agent.id === sessionStorage.getItem(WHO));
playground.become(known ?? start.agents.find((agent) => agent.id === start.first));
