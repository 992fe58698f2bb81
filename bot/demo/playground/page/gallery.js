// The gallery: every card in both languages, made by the bot's own builders.
//
// The URL holds what is shown, so that it can be shared: ?language=pt-BR&room=errors#busy.

import { drawBlocks } from "./blocks.js";
import { el, focusKeeper, icon, iconButton } from "./dom.js";
import { avatar } from "./messages.js";
import { agentSpeaking, speaker } from "./texts.js";
import { changeTheme, isDark, applyTheme } from "./theme.js";

const BOT = { name: "voicestatus", is_bot: true };

/** Lower-case letters without accents, so that a search finds words typed without them. */
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

class Gallery {
  constructor(start, exhibits) {
    this.start = start;
    this.exhibits = exhibits;
    const asked = new URLSearchParams(location.search);
    this.language = agentSpeaking(start, asked.get("language")).language;
    this.room = asked.get("room") ?? "";
    this.words = asked.get("words") ?? "";
    this.topbar = document.getElementById("topbar");
    this.hall = document.getElementById("hall");
    this.count = document.getElementById("count");
  }

  get viewContext() {
    return {
      language: this.language,
      say: this.say,
      me: null,
      people: this.start.people,
      rooms: this.start.rooms,
      use: () => {},
      confirm: async () => true,
    };
  }

  draw() {
    this.say = speaker(agentSpeaking(this.start, this.language).texts, this.language);
    document.documentElement.lang = this.language;
    document.title = `voicestatus: ${this.say("gallery")}`;
    this.drawBar();
    this.drawHall();
  }

  drawBar() {
    const { say } = this;
    const rooms = [...new Set(this.exhibits.map((one) => one.room))];
    const language = el(
      "select",
      {
        class: "select",
        id: "language",
        onchange: (event) => this.choose({ language: event.target.value }),
      },
      ...this.start.agents.map((one) =>
        el("option", { value: one.language }, one.texts.own_language),
      ),
    );
    language.value = this.language;
    const room = el(
      "select",
      {
        class: "select",
        id: "room",
        onchange: (event) => this.choose({ room: event.target.value }),
      },
      el("option", { value: "" }, say("all_rooms")),
      ...rooms.map((one) => el("option", { value: one }, say(`room_${one}`))),
    );
    room.value = this.room;
    const words = el("input", {
      type: "search",
      id: "words",
      value: this.words,
      placeholder: say("find_placeholder"),
      oninput: (event) => this.choose({ words: event.target.value }, false),
    });
    this.topbar.replaceChildren(
      el("h1", {}, say("gallery")),
      el("a", { href: "/" }, say("to_playground")),
      el("span", { class: "spring" }),
      el(
        "label",
        { class: "filter" },
        say("language"),
        el("span", { class: "select-frame" }, language, icon("down")),
      ),
      el(
        "label",
        { class: "filter" },
        say("room"),
        el("span", { class: "select-frame" }, room, icon("down")),
      ),
      el("label", { class: "filter" }, say("find"), words),
      iconButton(isDark() ? "sun" : "moon", say(isDark() ? "to_light" : "to_dark"), () => {
        changeTheme();
        this.drawBar();
      }),
    );
  }

  choose(change, whole = true) {
    const keepFocus = focusKeeper();
    Object.assign(this, change);
    const address = new URLSearchParams({
      language: this.language,
      room: this.room,
      words: this.words,
    });
    for (const [name, value] of [...address]) if (!value) address.delete(name);
    history.replaceState(null, "", `?${address}`);
    if (whole) this.draw();
    else this.drawHall();
    keepFocus();
  }

  drawHall() {
    const wanted = folded(this.words);
    const shown = this.exhibits.filter(
      (one) =>
        one.language === this.language &&
        (!this.room || one.room === this.room) &&
        (!wanted || folded(`${one.id} ${JSON.stringify(one.content)}`).includes(wanted)),
    );
    this.count.textContent = this.say("exhibits", { count: shown.length });
    const rooms = [...new Set(shown.map((one) => one.room))];
    this.hall.replaceChildren(
      ...rooms.map((room) =>
        this.wall(
          room,
          shown.filter((one) => one.room === room),
        ),
      ),
    );
    if (!shown.length)
      this.hall.replaceChildren(el("p", { class: "empty" }, this.say("gallery_empty")));
  }

  wall(room, exhibits) {
    return el(
      "section",
      { class: "wall", aria: { label: this.say(`room_${room}`) } },
      el(
        "h2",
        {},
        this.say(`room_${room}`),
        " ",
        el("small", {}, this.say("exhibits", { count: exhibits.length })),
      ),
      el("div", { class: "cards" }, ...exhibits.map((one) => this.exhibit(one))),
    );
  }

  exhibit(one) {
    return el(
      "article",
      { class: "exhibit", id: one.id, aria: { label: one.id } },
      el("header", {}, el("h3", {}, el("a", { href: `#${one.id}` }, one.id))),
      FRAMES[one.surface](one, this.viewContext),
      one.problems.length > 0 &&
        el(
          "section",
          { class: "problems" },
          el("h4", {}, this.say("complaints")),
          el("ul", {}, ...one.problems.map((problem) => el("li", {}, problem))),
        ),
    );
  }
}

const FRAMES = {
  message: (one, viewContext) =>
    el(
      "div",
      { class: one.ephemeral ? "message ephemeral of-bot" : "message of-bot" },
      avatar("", BOT),
      el(
        "div",
        { class: "body" },
        one.ephemeral && el("p", { class: "only-you" }, icon("eye"), viewContext.say("only_you")),
        el(
          "p",
          { class: "byline" },
          el("b", {}, BOT.name),
          el("span", { class: "badge" }, viewContext.say("app_badge")),
        ),
        el("div", { class: "content" }, ...drawBlocks(one.content.blocks, viewContext)),
      ),
    ),
  home: (one, viewContext) =>
    el("div", { class: "sheet" }, ...drawBlocks(one.content.blocks, viewContext)),
  modal: (one, viewContext) =>
    el(
      "div",
      { class: "framed" },
      el(
        "div",
        { class: "modal" },
        el("div", { class: "modal-head" }, el("h4", {}, one.content.title.text)),
        el("div", { class: "modal-body" }, ...drawBlocks(one.content.blocks, viewContext)),
        el(
          "div",
          { class: "modal-foot" },
          el("button", { type: "button", class: "button" }, one.content.close.text),
          one.content.submit &&
            el("button", { type: "button", class: "button primary" }, one.content.submit.text),
        ),
      ),
    ),
};

applyTheme();
const [start, exhibits] = await Promise.all(
  ["/start", "/exhibits"].map(async (path) => (await fetch(path)).json()),
);
new Gallery(start, exhibits).draw();
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
