// Draws blocks on the page and returns their HTML as the browser serialises it.
async ([blocks, more]) => {
  const { drawBlocks } = await import("/page/blocks.js");
  const { speaker } = await import("/page/texts.js");
  const start = await (await fetch("/start")).json();
  const viewContext = {
    me: "U1",
    language: "en",
    say: speaker(start.agents[0].texts, "en"),
    people: { U1: { name: "ana" } },
    rooms: [{ id: "C1", name: "support" }],
    use: (...used) => (window.used = [used[0].action_id, used[1].block_id, used[2]]),
    confirm: async () => window.agrees ?? true,
    ...more,
  };
  const place = document.createElement("div");
  place.id = "drawn";
  document.getElementById("drawn")?.remove();
  document.body.append(place);
  place.append(...drawBlocks(blocks, viewContext));
  return place.innerHTML;
};
