// The span tree: arrow keys, folding, finding, and choosing a span without a new page. Without it the links do the same.
"use strict";
(() => {
  const grid = document.querySelector("[role=treegrid]");
  if (!grid) return;
  const rows = [...grid.querySelectorAll("tr[aria-level]")];
  const level = (row) => Number(row.getAttribute("aria-level"));
  const shown = () => rows.filter((row) => !row.hidden);
  const name = (row) => row.querySelector(".n");
  const opening = (row) => (row.matches(".group") ? name(row) : row.querySelector("a.tw"));
  let words = "";

  function below(row) {
    const start = rows.indexOf(row) + 1;
    let end = start;
    while (end < rows.length && level(rows[end]) > level(row)) end += 1;
    return rows.slice(start, end);
  }

  function parent(row) {
    for (let at = rows.indexOf(row) - 1; at >= 0; at -= 1) if (level(rows[at]) < level(row)) return rows[at];
    return null;
  }

  // A row is hidden by a closed ancestor, or by the words one looks for (which show the way to each hit).
  function refresh() {
    let closed = Infinity;
    for (const row of rows) {
      row.hidden = level(row) > closed;
      if (!row.hidden) closed = row.getAttribute("aria-expanded") === "false" ? level(row) : Infinity;
    }
    if (!words) return;
    const hit = (row) => row.querySelector(".nm").textContent.toLowerCase().includes(words);
    for (const row of rows) row.hidden = !hit(row) && !below(row).some(hit);
    genyard.say(`${rows.filter(hit).length} spans match`);
  }

  function expand(row, open) {
    if (row.getAttribute("aria-expanded") === null) return;
    if (open && opening(row)) return void location.assign(opening(row).href); // its children are on the server
    row.setAttribute("aria-expanded", String(open));
    refresh();
  }

  function focus(row) {
    if (!row) return;
    for (const one of rows) one.tabIndex = one === row ? 0 : -1;
    row.focus();
  }

  async function choose(row) {
    const link = name(row);
    if (row.matches(".group")) return void location.assign(link.href);
    history.pushState(null, "", link.href);
    await load(link.href);
  }

  // The page is the same page: take its panel, and mark its row.
  async function load(address) {
    const panel = document.getElementById("panel");
    const dim = setTimeout(() => panel.classList.add("muted"), 150);
    try {
      const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = fresh.getElementById("panel");
      if (!part) throw new Error("no panel in the answer");
      panel.replaceWith(document.adoptNode(part));
      const old = fresh.querySelector("[role=treegrid] [aria-selected=true] .n");
      for (const row of rows) row.removeAttribute("aria-selected");
      rows[[...fresh.querySelectorAll("[role=treegrid] tr[aria-level]")].indexOf(old?.closest("tr"))]
        ?.setAttribute("aria-selected", "true");
      genyard.say("");
    } catch {
      location.assign(address); // a whole page says what went wrong better than this script can
    } finally {
      clearTimeout(dim);
    }
  }

  const moves = [
    ["ArrowDown", "Next row", (row) => focus(shown()[shown().indexOf(row) + 1])],
    ["ArrowUp", "Row before", (row) => focus(shown()[shown().indexOf(row) - 1])],
    ["ArrowRight", "Open, or go in", (row) => {
      if (row.getAttribute("aria-expanded") === "false") expand(row, true);
      else if (row.getAttribute("aria-expanded") === "true") focus(shown()[shown().indexOf(row) + 1]);
    }],
    ["ArrowLeft", "Close, or go out", (row) => {
      if (row.getAttribute("aria-expanded") === "true") expand(row, false);
      else focus(parent(row));
    }],
    ["Home", "First row", () => focus(shown()[0])],
    ["End", "Last row", () => focus(shown().at(-1))],
    ["Enter", "Show the span", (row) => choose(row)],
    ["*", "Open all beside it", (row) => {
      for (const one of rows) if (parent(one) === parent(row) && !opening(one)) expand(one, true);
    }],
  ];
  for (const [key, what, move] of moves) {
    genyard.bind(key, what, (event) => move(event.target.closest("tr[aria-level]")), grid);
  }

  grid.addEventListener("click", (event) => {
    const row = event.target.closest("tr[aria-level]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("a.tw")) return;
    if (event.target.closest("span.tw") && row.hasAttribute("aria-expanded")) {
      expand(row, row.getAttribute("aria-expanded") === "false");
    } else if (!getSelection().toString()) {
      event.preventDefault();
      focus(row);
      choose(row);
    }
  });

  for (const row of rows) for (const link of row.querySelectorAll("a")) link.tabIndex = -1;
  for (const row of rows) row.tabIndex = -1;
  (rows.find((row) => row.getAttribute("aria-selected") === "true") ?? rows[0]).tabIndex = 0;
  addEventListener("popstate", () => load(location.href));
  document.getElementById("find")?.addEventListener("input", (event) => {
    words = event.target.value.trim().toLowerCase();
    refresh();
  });

  genyard.bind("e", "Next problem", () => {
    const at = rows.indexOf(document.activeElement);
    const bad = [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find((row) => row.matches(".bad-row:not([hidden])"));
    if (bad) focus(bad);
  });
})();
