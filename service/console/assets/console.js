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
