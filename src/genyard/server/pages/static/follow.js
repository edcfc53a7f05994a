// Follow: ask what arrived and take the list anew. Without it the reader reloads.
"use strict";
(() => {
  const button = document.getElementById("follow");
  if (!button || !document.getElementById("list")) return;
  const EVERY = 2000;
  let place = null;
  let timer = 0;

  async function look() {
    if (button.getAttribute("aria-pressed") !== "true") return;
    if (!document.hidden) {
      try {
        const address = document.getElementById("list").dataset.tail + (place === null ? "" : "&after=" + place);
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error("no answer");
        const found = await answer.json();
        place = found.next;
        if (found.traces.length) await renew(found.traces.length);
      } catch {
        genyard.say("The server does not answer; trying again");
      }
    }
    timer = setTimeout(look, EVERY);
  }

  async function renew(count) {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#list .scroll");
    const list = document.getElementById("list");
    const old = list.querySelector(".scroll") ?? list.querySelector(".empty");
    if (!fresh || !old || old.contains(document.activeElement) || old.querySelector(":checked")) return; // what one stands on or chose stays
    old.replaceWith(document.adoptNode(fresh));
    genyard.say(count === 1 ? "1 trace arrived" : `${count} traces arrived`);
  }

  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    clearTimeout(timer);
    if (on) look();
    else genyard.say("");
  });
})();
