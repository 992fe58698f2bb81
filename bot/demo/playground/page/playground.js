// The playground: what one user sees in the loopback Slack, and everything they do there.
//
// The server performs each action in the loopback Slack, and the result arrives in the stream.

import { Announcer } from "./announcer.js";
import { composer, examples, globalShortcut } from "./composer.js";
import { askFirst, openDialog, toast } from "./dialogs.js";
import { el, iconButton } from "./dom.js";
import { drawSidebar, drawTopbar, keyboardHelp } from "./chrome.js";
import { advised, noLongerNew, showHint } from "./hint.js";
import { Stream } from "./stream.js";
import { followNewest, prepareList, showMessages } from "./messages.js";
import { agentSpeaking, speaker } from "./texts.js";
import { changeTheme, applyTheme } from "./theme.js";
import { Unread } from "./unread.js";
import { ModalDialog, showHome } from "./views.js";
import { acknowledgement, showWire } from "./wire.js";

// sessionStorage holds the language of this tab, across reloads and restarts of the server.
const LANGUAGE = "voicestatus-language";
const PERMALINK = /\/archives\/(\w+)\/p(\d{10})(\d{6})/;
const ROUTES = /^#\/(room|direct|home)(?:\/(\w+))?$/;
// On screens this wide the wire panel fits beside a thread, so it starts open.
const WIDE = 1560;
// On screens this narrow a pane covers the conversation; playground.css has the same limit.
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
    this.drafts = new Map();
    for (const list of document.querySelectorAll("ol.messages")) prepareList(list);
    addEventListener("hashchange", () => this.go());
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("click", (event) => this.follow(event));
  }

  /** Act as an agent, in their language. */
  actAs(agent) {
    sessionStorage.setItem(LANGUAGE, agent.language);
    this.agent = agent;
    this.say = speaker(agent.texts, agent.language);
    this.snapshot = null;
    this.here = null;
    this.unread = new Unread();
    document.documentElement.lang = agent.language;
    document.title = this.say("title");
    this.stream?.close();
    const handlers = { snapshot: (now) => this.update(now), wire: (now) => this.updateWire(now) };
    this.stream = new Stream(agent.id, handlers, () => {
      this.parts.away.hidden = false;
      this.parts.away.textContent = this.say("server_away");
    });
  }

  get viewContext() {
    const { people, rooms } = this.start;
    return {
      people,
      rooms,
      me: this.agent.id,
      say: this.say,
      language: this.agent.language,
      act: (action) => this.act(action),
      complain: (name, values) => this.complain(name, values),
      confirm: (confirm) => askFirst(confirm, this.viewContext),
    };
  }

  act(action) {
    return this.stream.act(action, (name, values) => this.complain(name, values));
  }

  /** Report a failure; returns false, like an action that failed. */
  complain(name, values) {
    toast(this.parts.toasts, this.say(name, values));
    return false;
  }

  update(snapshot) {
    const first = this.snapshot === null;
    this.snapshot = snapshot;
    if (first) this.drawFrame();
    this.announcer.look(snapshot.messages, this.viewContext, { silently: first });
    this.draw();
  }

  updateWire(wire) {
    // What takes no request, such as closing most forms, leaves the last traffic on show.
    if (wire.exchanges.length) this.wire = wire;
    if (this.snapshot) this.drawWire();
  }

  /** Draw what does not change for an agent. */
  drawFrame() {
    const { parts, say } = this;
    Object.assign(parts.skip, { textContent: say("skip"), onclick: () => this.focusOnBox() });
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
    const controls = {
      actAs: (agent) => this.actAs(agent),
      theme: () => {
        changeTheme();
        this.drawTopbar();
      },
      wire: () => this.toggleWire(),
      keys: () => openDialog(this.say("keyboard"), this.say, keyboardHelp(this.say)),
      menu: () => {
        document.body.classList.toggle("menu-open");
        this.drawTopbar();
      },
    };
    const state = { agents, agent: this.agent, wireOpen: this.wireOpen };
    drawTopbar(this.parts.topbar, { ...state, ...controls }, this.viewContext);
  }

  /** Open the conversation in the URL. */
  go() {
    if (!this.snapshot) return;
    const [, kind, id] = ROUTES.exec(location.hash) ?? [];
    const before = this.here?.key;
    if (kind === "home") this.here = { kind, key: "home" };
    else if (kind === "direct") this.here = { kind, key: "direct", channel: this.snapshot.direct };
    else {
      const room = this.start.rooms.find((one) => one.id === id) ?? this.ownRoom();
      this.here = { kind: "room", key: room.id, channel: room.id, room };
    }
    if (document.body.classList.contains("menu-open")) {
      document.body.classList.remove("menu-open");
      this.drawTopbar();
    }
    if (before !== this.here.key) this.arrive();
    this.draw();
    if (this.isStepping) this.focusOnBox();
    this.isStepping = false;
  }

  /** A link to a message leads to it on this page. */
  follow(event) {
    const address = event.target.closest?.("a")?.href;
    const [, channel, seconds, rest] = PERMALINK.exec(address) ?? [];
    if (!channel) return;
    event.preventDefault();
    const message = this.snapshot.messages.find((one) => one.ts === `${seconds}.${rest}`);
    const isDirect = channel === this.snapshot.direct;
    location.hash = isDirect ? "#/direct" : `#/room/${channel}`;
    this.go();
    if (message?.reply_to) this.openThread(message);
    document.querySelector(`li[data-ts="${seconds}.${rest}"]`)?.scrollIntoView({ block: "center" });
  }

  ownRoom() {
    return this.start.rooms.find((one) => one.id === this.agent.room);
  }

  arrive() {
    this.thread = null;
    this.parts.messages.replaceChildren();
    followNewest(this.parts.messages);
    this.drawFoot();
    if (this.here.kind === "home") this.act({ do: "home", tab: "home" });
    if (this.here.kind === "direct") this.act({ do: "home", tab: "messages" });
  }

  draw() {
    const { parts, start, here, snapshot, unread, viewContext } = this;
    const isHome = here.kind === "home";
    unread.look(snapshot.messages, here.channel, start.people);
    drawSidebar(parts.sidebar, { start, snapshot, here, unread }, viewContext);
    parts.place.replaceChildren(el("h1", {}, this.title()), el("p", {}, this.topic()));
    parts.messages.hidden = isHome;
    parts.foot.hidden = isHome;
    parts.home.hidden = !isHome;
    showHint(parts.start, this.advised(), viewContext, {
      check: (message) => this.shortcut(message),
      close: () => {
        noLongerNew();
        this.draw();
        this.focusOnBox();
      },
    });
    this.drawWire();
    if (isHome) showHome(parts.home, snapshot.home, viewContext);
    else this.drawMessages();
    this.drawThread();
    this.cover();
    this.modal.show(snapshot.modals.at(-1), viewContext);
  }

  /** Focus the message box, or the App Home, which has none. */
  focusOnBox(pane = this.parts.main) {
    const places = [pane.querySelector("textarea"), this.parts.home];
    places.find((one) => one.checkVisibility())?.focus({ preventScroll: true });
  }

  title() {
    if (this.here.kind === "room") return `#${this.here.room.name}`;
    const { bot, people } = this.start;
    return this.here.kind === "home" ? this.say("home") : people[bot].name;
  }

  topic() {
    return this.say(this.here.kind === "room" ? this.here.room.topic : `topic_${this.here.kind}`);
  }

  /** The hint is shown only in the agent's own channel. */
  advised() {
    if (this.here.channel !== this.ownRoom().id) return undefined;
    return advised(this.snapshot.messages, this.here.channel, this.start.people);
  }

  drawMessages() {
    const { channel } = this.here;
    this.parts.messages.setAttribute("aria-label", this.title());
    const own = this.snapshot.messages.filter((one) => one.channel === channel && !one.reply_to);
    this.list(this.parts.messages, own, { inThread: false });
  }

  drawThread() {
    const pane = this.parts.thread;
    pane.hidden = this.thread === null;
    document.body.classList.toggle("thread-open", this.thread !== null);
    if (this.thread === null) return;
    const { channel, ts } = this.thread;
    const inside = this.snapshot.messages.filter(
      (one) => one.channel === channel && [one.ts, one.reply_to].includes(ts),
    );
    const list = pane.children[1];
    list.setAttribute("aria-label", this.say("thread"));
    this.list(list, inside, { inThread: true });
  }

  list(list, messages, { inThread }) {
    showMessages(list, messages, this.viewContext, {
      inThread,
      advised: this.advised()?.ts,
      replies: (message) => (inThread ? 0 : this.repliesTo(message)),
      openThread: (message) => this.openThread(message),
      shortcut: (message) => this.shortcut(message),
    });
  }

  /** Slack does not count what only one user sees. */
  repliesTo({ channel, ts }) {
    const isReply = (one) => one.channel === channel && one.reply_to === ts && !one.ephemeral;
    return this.snapshot.messages.filter(isReply).length;
  }

  /** As in Slack, only a count tells of the answer; the hint also opens its thread. */
  async shortcut(message) {
    if (message.ts === this.advised()?.ts) {
      noLongerNew();
      this.openThread(message);
    }
    await this.act({ do: "shortcut", channel: message.channel, ts: message.ts });
  }

  openThread(message) {
    this.setThread(message && { channel: message.channel, ts: message.reply_to ?? message.ts });
    this.draw();
    this.focusOnBox(message ? this.parts.thread : this.parts.main);
  }

  setThread(thread) {
    this.thread = thread;
    if (thread === null) return;
    const pane = this.parts.thread;
    pane.children[1].replaceChildren();
    followNewest(pane.children[1]);
    const words = {
      label: this.say("reply_label"),
      placeholder: this.say("reply_placeholder"),
      send: (text, files) => this.send(text, thread, files),
    };
    pane.children[2].replaceChildren(composer(this.viewContext, words));
  }

  /** `inert` removes what a pane covers from the tab order. */
  cover() {
    const open = this.thread !== null || this.wireOpen;
    this.parts.main.inert = open && matchMedia(PANES_COVER).matches;
  }

  /** The conversation's message box, with examples and the button for the wire panel. */
  drawFoot() {
    const { viewContext, say } = this;
    const where = this.title();
    const send = (text, files) => this.send(text, null, files);
    const placeholder = say("composer_placeholder", { where, command: this.start.command });
    const label = say("composer_label", { where });
    const ready = say(this.here.kind === "direct" ? "examples_direct" : "examples_room")
      .split("\n")
      .filter((text) => text && (this.hasBot() || !text.startsWith("@")));
    this.parts.foot.replaceChildren(
      examples(viewContext, ready, send),
      composer(viewContext, {
        label,
        placeholder,
        send,
        beside: [globalShortcut(viewContext)],
        draft: this.drafts.get(this.here.key),
        saveDraft: (text) => this.drafts.set(this.here.key, text),
      }),
      el("button", {
        type: "button",
        class: "acknowledged",
        hidden: true,
        onclick: () => this.toggleWire(true),
      }),
    );
  }

  /** Send the typed text; false if it stays in the box. */
  async send(text, thread, files) {
    const { command } = this.start;
    const channel = thread?.channel ?? this.here.channel;
    const [word] = text.split(/\s/);
    followNewest(thread ? this.parts.thread.children[1] : this.parts.messages);
    noLongerNew();
    if (!text.startsWith("/")) return this.write(text, channel, thread, files);
    if (word !== command) return this.complain("no_such_command", { word, command });
    if (thread) return this.complain("no_commands_in_threads", { command });
    return this.act({ do: "command", channel, text: text.slice(word.length).trim() });
  }

  /** Slack sends mentions to the bot only in channels that it is a member of. */
  hasBot() {
    return this.here.room?.has_bot ?? true;
  }

  write(text, channel, thread, files) {
    if (text.includes("@") && !this.hasBot()) this.complain("not_heard");
    return this.act({ do: "say", channel, text, files, thread_ts: thread?.ts ?? "" });
  }

  drawWire() {
    const { wire, foot } = this.parts;
    wire.hidden = !this.wireOpen;
    document.body.classList.toggle("wire-open", this.wireOpen);
    if (this.wireOpen) showWire(wire.children[1], this.wire, this.viewContext);
    const line = foot.querySelector(".acknowledged");
    if (!line) return;
    const words = acknowledgement(this.wire, this.viewContext);
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
    this.isStepping = true;
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

applyTheme();
const start = await (await fetch("/start")).json();
const playground = new Playground(start);
playground.actAs(agentSpeaking(start, sessionStorage.getItem(LANGUAGE)));
