// The little that pages do beyond HTML: news of colleagues' decisions, keys, and the palette. Everything works without it.
"use strict";

// ---- small helpers

const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const isTyping = (element) => Boolean(element?.closest("input, select, textarea, [contenteditable]"));

// ---- regions that show news by themselves (the macro `live`)

const REGION = '[hx-trigger^="changed"][hx-select]';
const waiting = new Set();

// Nothing is taken away from under somebody's hands: where the focus is, a menu is open, or more was loaded.
const isBusy = (region) =>
  (region.contains(document.activeElement) && document.activeElement !== document.body) ||
  region.querySelector("details.menu[open]") !== null ||
  region.dataset.more === "true";

const refresh = (region) => {
  waiting.delete(region.id);
  document.getElementById(`news-of-${region.id}`)?.remove();
  htmx.ajax("GET", region.getAttribute("hx-get"), {
    source: region, target: region, select: `#${CSS.escape(region.id)}`, swap: "outerHTML",
  });
};

const postpone = (region) => {
  if (waiting.has(region.id)) return;
  waiting.add(region.id);
  const button = make("button", { type: "button", class: "plain" }, "New: show");
  button.addEventListener("click", () => {
    delete region.dataset.more;
    for (const menu of region.querySelectorAll("details.menu[open]")) menu.open = false;
    refresh(document.getElementById(region.id));
  });
  region.before(make("p", { id: `news-of-${region.id}`, class: "news" }, button));
};

const refreshWaiting = () => {
  for (const id of [...waiting]) {
    const region = document.getElementById(id);
    if (!region) waiting.delete(id);
    else if (!isBusy(region)) refresh(region);
  }
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const region = event.detail.elt;
  if (region.matches(REGION) && event.detail.target === region && isBusy(region)) {
    event.preventDefault();
    postpone(region);
  }
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, elt } = event.detail;
  if (target.matches(REGION) && target === elt && isBusy(target)) {
    event.detail.shouldSwap = false;
    postpone(target);
  }
  if (target.matches("li.more")) target.closest(REGION)?.setAttribute("data-more", "true");
});
document.addEventListener("focusout", () => setTimeout(refreshWaiting));
document.addEventListener("toggle", () => setTimeout(refreshWaiting), true);

// ---- news from the server

let stream = null;
let seen = null;
let pause = 1000;
let reconnecting = 0;
const mayBeOld = document.hidden; // a page that was opened in the background is fetched anew once somebody sees it
const dot = make("span", { class: "live-dot", role: "status", "data-state": "off" }, "not connected");
const told = make("p", { class: "sr", role: "status", "aria-live": "polite", id: "news" });

const show = (state, text) => {
  if (dot.dataset.state === state) return;
  dot.dataset.state = state;
  dot.textContent = text;
};

const tell = (news) => {
  const body = document.body;
  if (news.leads !== null && !news.leads.length) return;
  if (news.events) told.textContent = news.events === 1 ? "1 new event" : `${news.events} new events`;
  body.dispatchEvent(new CustomEvent("changed", { detail: news }));
  for (const lead of news.leads ?? leadsHere()) body.dispatchEvent(new CustomEvent(`changed:${lead}`));
};

// If any lead may have changed, those that this page waits for have.
const leadsHere = () =>
  new Set([...document.querySelectorAll('[hx-trigger^="changed:"]')]
    .map((region) => /^changed:(\S+)/.exec(region.getAttribute("hx-trigger"))[1]));

const connect = () => {
  clearTimeout(reconnecting);
  if (stream || document.hidden) return;
  const after = seen ?? (mayBeOld ? "0" : null);
  stream = new EventSource(after === null ? "/live" : `/live?after=${after}`);
  stream.addEventListener("news", (event) => {
    const news = JSON.parse(event.data);
    tell(seen === null ? { ...news, events: 0 } : news);
    seen = event.lastEventId;
    pause = 1000;
    show("on", "live");
  });
  stream.onerror = () => {
    show("off", "not connected");
    if (stream?.readyState === EventSource.CLOSED) {
      disconnect();
      reconnecting = setTimeout(connect, pause);
      pause = Math.min(pause * 2, 60000);
    }
  };
};

// A browser has few connections to a server: a page that nobody sees gives its own back, and catches up later.
const disconnect = () => {
  stream?.close();
  stream = null;
};

const listen = () => {
  const bar = document.querySelector("header.bar");
  if (!bar?.querySelector("nav") || !window.EventSource) return;
  bar.querySelector(".who").before(dot);
  document.body.append(told);
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", connect);
  connect();
};

// ---- keys

const SINGLE = "single-keys";
const singleKeys = () => localStorage.getItem(SINGLE) !== "off";
let before = "";
let beforeAt = 0;

const click = (key) => {
  const near = document.activeElement?.closest("li, article, section");
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  const found = near?.querySelector(wanted) ?? document.querySelector(wanted);
  found?.click();
  return Boolean(found);
};

const move = (step) => {
  const places = [...document.querySelectorAll("main [data-move]")].filter((each) => each.checkVisibility());
  if (!places.length) return false;
  const here = places.findIndex((each) => each === document.activeElement || each.closest("li")?.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : places.length - 1) : Math.min(Math.max(here + step, 0), places.length - 1);
  places[next].focus();
  places[next].scrollIntoView({ block: "nearest" });
  return true;
};

const single = (key) => {
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "/") return focusSearch();
  if (key === "?") return openHelp();
  const pair = performance.now() - beforeAt < 1500 ? `${before} ${key}` : key;
  before = key;
  beforeAt = performance.now();
  return click(pair) || (pair !== key && click(key));
};

const focusSearch = () => {
  const box = document.querySelector(".find input");
  box?.focus();
  box?.select();
  return Boolean(box);
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "k" && !event.shiftKey && openPalette()) event.preventDefault();
    return;
  }
  if (isTyping(event.target) || document.querySelector("dialog[open]") || event.key.length > 1) return;
  if (singleKeys() && single(event.key)) event.preventDefault();
});

// ---- dialogs: help and palette

const dialog = (id, heading, ...children) => {
  const close = make("button", { type: "button", class: "plain" }, "Close");
  const made = make("dialog", { id, "aria-labelledby": `${id}-heading` },
    make("h2", { id: `${id}-heading` }, heading), ...children, make("p", { class: "buttons" }, close));
  close.addEventListener("click", () => made.close());
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
};

const openHelp = () => {
  const keys = [["/", "Search"], ["Ctrl-K", "Palette: search, go, decide"], ["j  k", "Next, previous in a list"], ["?", "This help"]];
  const known = new Set();
  for (const each of document.querySelectorAll("[data-key]")) {
    if (!known.has(each.dataset.key)) keys.push([each.dataset.key, each.getAttribute("aria-label") ?? each.firstChild.textContent.trim()]);
    known.add(each.dataset.key);
  }
  const list = make("dl", { class: "facts" });
  for (const [key, does] of keys) list.append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, does));
  const box = make("input", { type: "checkbox" });
  box.checked = singleKeys();
  box.addEventListener("change", () => localStorage.setItem(SINGLE, box.checked ? "on" : "off"));
  dialog("help", "Keys", list, make("p", {}, make("label", {}, box, " Single keys are on (Ctrl-K always is)")));
  return true;
};

const openPalette = () => {
  if (!document.querySelector(".find") || document.querySelector("dialog[open]")) return false;
  const lead = document.querySelector("[data-lead]")?.dataset.lead;
  const box = make("input", {
    type: "search", name: "q", maxlength: "200", autocomplete: "off", "aria-label": "Search leads, decisions and pages",
    "hx-get": lead ? `/search?lead=${encodeURIComponent(lead)}` : "/search", "hx-trigger": "input changed delay:250ms, load", "hx-target": "#palette-found",
    "hx-select": "#found", "hx-swap": "innerHTML", "hx-sync": "this:replace",
  });
  const made = dialog("palette", "Search or decide",
    make("form", { action: "/search", role: "search" }, box), make("div", { id: "palette-found" }));
  made.addEventListener("keydown", walk);
  made.querySelector("form").addEventListener("submit", (event) => {
    const first = made.querySelector("#palette-found a");
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  htmx.process(made);
  box.focus();
  return true;
};

// The arrow keys go from the box through the links below it and back.
const walk = (event) => {
  if (event.key === "Escape") event.currentTarget.close(); // a search box would only be emptied
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const places = [...event.currentTarget.querySelectorAll("input[type=search], #palette-found a")];
  const here = places.indexOf(document.activeElement);
  places[(here + (event.key === "ArrowDown" ? 1 : -1) + places.length) % places.length].focus();
  event.preventDefault();
};

listen();
