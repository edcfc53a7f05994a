// One table binds the keys and writes the help, so the help cannot lie. Single keys can be switched off (WCAG 2.1.4).
"use strict";
(() => {
  const table = []; // {key, what, run, scope}
  const OFF = "genyard_keys_off";
  let waiting = "";

  const off = () => localStorage.getItem(OFF) === "1";
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  window.genyard = {
    /** Bind `key` (one key, or two after each other such as "g t"): on this page, or only while `scope` has the focus. */
    bind(key, what, run, scope) { table.push({ key, what, run, scope }); },
    /** Say a result to everybody, screen readers included. */
    say(text) { document.getElementById("said").textContent = text; },
  };

  for (const link of document.querySelectorAll("[data-go]")) {
    genyard.bind("g " + link.dataset.go, "Go to " + link.textContent, () => link.click());
  }
  genyard.bind("?", "Show these keys", () => help());

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const pressed = waiting ? waiting + " " + event.key : event.key;
    waiting = "";
    const active = (one) => (one.scope ? one.scope.contains(event.target) : !off());
    const entry = table.find((one) => one.key === pressed && active(one));
    if (entry) {
      event.preventDefault();
      entry.run(event);
    } else if (table.some((one) => one.key.startsWith(pressed + " ") && active(one))) {
      waiting = pressed;
    }
  });

  const element = (name, text) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  function help() {
    const dialog = element("dialog");
    const title = element("h2", "Keys on this page");
    title.id = "keys-title";
    dialog.setAttribute("aria-labelledby", title.id);
    const list = element("dl");
    for (const one of table) {
      const term = element("dt");
      for (const part of one.key.split(" ")) term.append(element("kbd", part), " ");
      list.append(term, element("dd", one.scope ? `${one.what} (in ${one.scope.getAttribute("aria-label")})` : one.what));
    }
    dialog.append(title, list, choice());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function choice() {
    const form = element("form");
    form.method = "dialog";
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = !off();
    box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "0" : "1"));
    label.append(box, "Single keys are on");
    const close = element("button", "Close");
    close.className = "btn";
    form.append(label, close);
    return form;
  }

  document.getElementById("help")?.addEventListener("click", help);
})();
