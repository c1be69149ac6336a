// Everything works without this script; it only saves clicks.
"use strict";

// The link of the first start has its code behind the #: browsers do not send it, so no log of requests has it.
const signIn = document.querySelector("[data-sign-in]");
if (signIn && /^#rlc_[0-9A-Za-z]+$/.test(location.hash)) {
  signIn.elements.token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
}

// A picked time applies at once.
const times = document.querySelector("[data-times]");
if (times) {
  times.addEventListener("change", (event) => {
    if (event.target.validity.valid) times.requestSubmit();
  });
}

// "/" leads to the search, as in other tools.
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("q");
  if (event.key === "/" && field && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    field.focus();
  }
});

// The replay: a step is fetched and put in place of the one that is shown, so that the page stays where it is.
let playing = 0;
async function showStep(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) {
    location.assign(address);
    return null;
  }
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const shown = document.querySelector("[data-replay]");
  const scrolled = shown.querySelector(".timeline ol").scrollTop;
  const open = shown.querySelector("details.changed")?.open;
  const focused = document.activeElement?.id;
  const next = document.adoptNode(found.querySelector("[data-replay]"));
  shown.replaceWith(next);
  next.querySelector(".timeline ol").scrollTop = scrolled;
  next.querySelector("[aria-current=step]")?.scrollIntoView({ block: "nearest" });
  if (open && next.querySelector("details.changed")) next.querySelector("details.changed").open = true;
  if (focused) document.getElementById(focused)?.focus();
  document.title = found.title;
  history.replaceState(null, "", address);
  addPlay();
  return next;
}

function addPlay() {
  const player = document.querySelector("[data-player]");
  if (!player) return;
  const show = player.querySelector("button");
  show.type = "button";
  show.textContent = playing ? "❚❚" : "▶▶";
  show.setAttribute("aria-label", show.dataset.label || "");
  show.setAttribute("aria-pressed", String(Boolean(playing)));
}

function stepAddress(step) {
  const address = new URL(location.href);
  address.searchParams.set("step", step);
  return address.href;
}

async function play() {
  const shown = document.querySelector("[data-replay]");
  const step = Number(shown.dataset.step);
  if (!playing || step >= Number(shown.dataset.last)) {
    playing = 0;
    addPlay();
    return;
  }
  await showStep(stepAddress(step + 1));
  if (playing) playing = setTimeout(play, 900);
}

if (document.querySelector("[data-replay]")) {
  addPlay();
  const list = document.querySelector(".timeline ol"), current = list.querySelector("[aria-current=step]");
  if (current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
  let waiting = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "step") return;
    clearTimeout(waiting);
    event.target.form.querySelector("output strong").textContent = event.target.value;
    waiting = setTimeout(() => showStep(stepAddress(event.target.value)), 120);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-replay] .player a, [data-replay] .timeline a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      showStep(link.href);
    } else if (event.target.closest(".player button")) {
      clearTimeout(playing);
      playing = playing ? 0 : 1;
      if (playing) play();
      else addPlay();
    }
  });
}

// Work without leaving the queue: a form of a command, its preview and its answer are shown in a dialog.
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

const isWork = (address) => /^\/console\/(commands|bulk)\//.test(new URL(address, location.href).pathname);

async function showWork(address, options = {}) {
  const answer = await fetch(address, options);
  const found = parsed(await answer.text()).querySelector("main");
  if (!found || !isWork(answer.url)) {
    location.assign(answer.url); // the session has ended
    return;
  }
  let dialog = document.getElementById("work");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "work";
    document.body.append(dialog);
  }
  dialog.replaceChildren(...document.adoptNode(found).children);
  dialog.setAttribute("aria-label", dialog.querySelector("h1")?.textContent || "");
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus], .typed input:not([type=hidden]), button.main, .button.main") || dialog).focus();
  if (dialog.querySelector("[data-done]")) refresh();
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("a");
  if (!link || link.target) return;
  const inDialog = link.closest("#work");
  if (isWork(link.href)) {
    event.preventDefault();
    showWork(link.href);
  } else if (inDialog && link.classList.contains("button")) {
    event.preventDefault();
    inDialog.close();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const address = new URL(event.submitter?.getAttribute("formaction") || form.action, location.href);
  if (form.method !== "post" || !isWork(address)) return;
  if (!form.closest("#work") && !form.matches("[data-choose]")) return;
  event.preventDefault();
  const button = event.submitter;
  const fields = new FormData(form);
  if (button?.name) fields.append(button.name, button.value);
  if (button) button.disabled = true; // a second click is one click
  showWork(address, { method: "POST", body: new URLSearchParams(fields) }).finally(() => {
    if (button) button.disabled = false;
  });
});

// Rows by keyboard: j and k move, x chooses, Enter opens.
const rowsOf = () => [...document.querySelectorAll("main tr[data-key]")];
document.addEventListener("keydown", (event) => {
  const active = document.activeElement;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName) && active.type !== "checkbox";
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const rows = rowsOf();
  const at = rows.indexOf(active.closest("tr[data-key]"));
  if (event.key === "j" || event.key === "k") {
    const next = rows[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "x" && at >= 0) {
    rows[at].querySelector("[name=row]")?.click();
  } else if (event.key === "Enter" && active === rows[at]) {
    (rows[at].querySelector('a[href*="/commands/"]') || rows[at].querySelector("a"))?.click();
  }
});

function countChosen() {
  for (const form of document.querySelectorAll("[data-choose]")) {
    const boxes = [...form.elements].filter((each) => each.name === "row");
    const chosen = boxes.filter((each) => each.checked).length;
    form.querySelector("output").textContent = chosen;
    for (const button of form.querySelectorAll("button[formaction]")) button.disabled = !chosen;
    const all = form.querySelector("[data-all]");
    all.closest("label").hidden = false;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const each of event.target.form.elements) if (each.name === "row") each.checked = event.target.checked;
  }
  if (event.target.matches("[data-all], [name=row]")) countChosen();
});
countChosen();

// A verification goes on step by step while its page is open.
async function verifyOn() {
  for (let next; (next = document.querySelector("#verification [data-continue]"));) {
    const answer = await fetch(next.href, { headers: { Accept: "text/html" } });
    const found = answer.ok && !answer.redirected && parsed(await answer.text()).getElementById("verification");
    if (!found) return location.assign(next.href);
    history.replaceState(null, "", next.href);
    document.getElementById("verification").replaceWith(document.adoptNode(found));
  }
}
verifyOn();

// What happens while the page is open: its stream says which views have changed, and the parts that rest on them are
// fetched and put in place. What was chosen, and the place of the keyboard, stay.
let unseen = 0;
let refreshing = null;
function refresh() {
  refreshing ||= replaceParts().finally(() => (refreshing = null));
  return refreshing;
}

async function replaceParts() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const found = parsed(await answer.text());
  for (const part of document.querySelectorAll("[data-views]")) {
    const next = found.getElementById(part.id);
    if (next) unseen += replacePart(part, document.adoptNode(next));
  }
  const lag = found.querySelector("[data-lag]");
  if (lag) document.querySelector("[data-lag]")?.replaceWith(document.adoptNode(lag));
  countChosen();
  addPlay();
  sayNew();
}

function replacePart(part, next) {
  const known = new Set([...part.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
  const fresh = [...next.querySelectorAll("[data-key]")].filter((row) => !known.has(row.dataset.key));
  const waiting = new Set([...part.querySelectorAll(".fresh")].map((row) => row.dataset.key));
  const chosen = new Set([...part.querySelectorAll("[name=row]:checked")].map((box) => box.value));
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("[data-key]")?.dataset.key;
  part.replaceWith(next);
  for (const row of next.querySelectorAll("[data-key]")) {
    if (!known.has(row.dataset.key) || waiting.has(row.dataset.key)) row.classList.add("fresh");
    if (key && row.dataset.key === key) {
      row.tabIndex = -1;
      row.focus();
    }
  }
  for (const box of next.querySelectorAll("[name=row]")) box.checked = chosen.has(box.value);
  if (focused?.id) document.getElementById(focused.id)?.focus();
  return fresh.length;
}

function sayNew() {
  const notice = document.getElementById("new");
  notice.hidden = !unseen;
  notice.querySelector("output").textContent = unseen;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (unseen) document.title = `(${unseen}) ${document.title}`;
}

document.getElementById("new")?.querySelector("button").addEventListener("click", () => {
  unseen = 0;
  for (const each of document.querySelectorAll(".fresh")) each.classList.remove("fresh");
  sayNew();
});

function followChanges() {
  const parts = [...document.querySelectorAll("[data-views]")];
  if (!parts.length || document.querySelector(".past")) return;
  const asked = new URLSearchParams();
  const views = new Set(parts.flatMap((part) => part.dataset.views.split(",")).filter(Boolean));
  if (views.size) asked.set("views", [...views].join(","));
  for (const part of parts) if (part.dataset.order) asked.set("order", part.dataset.order);
  for (const part of parts) if (part.dataset.merchant) asked.set("merchant", part.dataset.merchant);
  if (![...asked.keys()].length) return;
  const changes = new EventSource(`/console/live?${asked}`);
  let waiting = 0;
  let wasOpen = false;
  const soon = () => {
    waiting ||= setTimeout(() => {
      waiting = 0;
      refresh();
    }, 500);
  };
  changes.addEventListener("changed", soon);
  changes.addEventListener("open", () => {
    document.documentElement.dataset.live = "on";
    if (wasOpen) soon(); // what changed in between was not said
    wasOpen = true;
  });
  changes.addEventListener("error", () => (document.documentElement.dataset.live = "off"));
}
followChanges();
