"use strict";

const said = document.getElementById("said");

// --- copy ---------------------------------------------------------------------------------------------------------------------------

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are opened as files may not use the clipboard's newer interface.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const done = await copy(button.parentElement.querySelector("pre").textContent);
    button.focus();
    button.textContent = done ? "Copied" : "Select it";
    said.textContent = done ? "Copied." : "It could not be copied: select the text.";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// --- the catalog --------------------------------------------------------------------------------------------------------------------

const filters = document.getElementById("filters");
if (filters) {
  const cards = [...document.querySelectorAll(".card")].map((card) => ({
    card,
    words: card.dataset.words,
    masks: card.dataset.masks === "yes",
    has: Object.fromEntries(["modality", "anatomy", "tier", "access"].map((name) => [name, JSON.parse(card.dataset[name])])),
  }));

  const show = () => {
    const asked = new FormData(filters);
    const words = asked.get("search").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of cards) {
      const fits = words.every((word) => one.words.includes(word))
        && Object.entries(one.has).every(([name, values]) => !asked.get(name) || values.includes(asked.get(name)))
        && (one.masks || !asked.has("masks"));
      one.card.hidden = !fits;
      shown += fits;
    }
    document.getElementById("count").textContent = `${shown} of ${cards.length} sources`;
    document.getElementById("none").hidden = shown > 0;
  };
  filters.addEventListener("input", show);
  filters.addEventListener("reset", () => setTimeout(show));
  filters.addEventListener("submit", (event) => event.preventDefault());
  show();  // browsers keep what was typed when a page is loaded again
}

// --- rows ---------------------------------------------------------------------------------------------------------------------------

for (const config of document.querySelectorAll(".config")) {
  const boxes = [...config.querySelectorAll(".legend input.class")];
  const all = config.querySelector(".legend input.all");
  const fade = config.querySelector(".legend input.fade");
  if (!all) continue;

  const on = () => new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const toggle = () => {
    const shown = on();
    for (const layer of config.querySelectorAll("img.layer")) layer.hidden = !shown.has(layer.dataset.class);
    all.checked = shown.size === boxes.length;
    all.indeterminate = shown.size > 0 && shown.size < boxes.length;
  };
  const faded = () => config.style.setProperty("--fade", fade.value / 100);
  boxes.forEach((box) => box.addEventListener("change", toggle));
  all.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = all.checked; });
    toggle();
  });
  fade.addEventListener("input", faded);
  faded();

  for (const view of config.querySelectorAll(".view")) prepare(view, toggle);
  toggle();
}

function prepare(view, toggle) {
  const told = JSON.parse(view.dataset.view);
  const find = (name) => view.querySelector(name);
  const [sheet, picture, slice, image, mask] = [".sheet", "img.picture", "input.slice", "select.image", "select.mask"].map(find);

  const chosen = () => {
    const [images, masks] = told.frames[slice ? Number(slice.value) : told.first].slice(1);
    return [images[image ? Number(image.value) : 0], masks[mask ? Number(mask.value) : 0]];
  };
  const say = (layers) => { find(".shows").textContent = !layers ? "no mask" : layers.length ? "" : "mask without foreground"; };
  const change = () => {
    const [file, layers] = chosen();
    if (picture) {
      picture.hidden = !file;
      if (file) picture.src = told.folder + file;
    }
    if (slice) {
      const name = told.frames[slice.value][0];
      find("output.name").textContent = name;
      slice.setAttribute("aria-valuetext", name);
      picture.alt = `${find(".stage").getAttribute("aria-label")}, ${name}`;
    }
    sheet.querySelectorAll("img.layer").forEach((layer) => layer.remove());
    for (const [index, name] of layers || []) {
      const layer = document.createElement("img");
      layer.className = "layer";
      layer.dataset.class = index;
      layer.alt = "";
      layer.src = told.folder + name;
      sheet.append(layer);
    }
    say(layers);
    toggle();
  };
  for (const one of [slice, image, mask]) if (one) one.addEventListener("input", change);
  const full = find("button.full");
  full.addEventListener("click", () => full.setAttribute("aria-pressed", view.classList.toggle("fullsize")));
  if (slice) {
    find(".stage").addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step || view.classList.contains("fullsize")) return;
      event.preventDefault();
      slice.value = Number(slice.value) + step;
      change();
    });
  }
  if (picture) say(chosen()[1]);
}
