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
