// What every page does: copy, theme, time zone, walking a list.
"use strict";
(() => {
  const remember = (name, value) => {
    document.cookie = `genyard_${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`;
  };

  async function copy(holder) {
    const whole = holder.dataset.full;
    try {
      await navigator.clipboard.writeText(whole);
      genyard.say("Copied " + (whole.length > 24 ? whole.slice(0, 22) + "…" : whole));
    } catch {
      genyard.say("The browser did not allow copying");
    }
    setTimeout(() => genyard.say(""), 10000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button.closest("[data-full]"));
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  });

  const themes = ["system", "light", "dark"];
  const theme = document.getElementById("theme");
  const named = () => document.documentElement.dataset.theme ?? "system";
  const label = () => theme.setAttribute("aria-label", `Theme: ${named()}, change`);
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(named()) + 1) % themes.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    remember("theme", next);
    label();
    genyard.say("Theme: " + next);
  });
  label();

  // The reader's zone is sent once in a cookie; the next page is written in it.
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  if (!document.cookie.includes("genyard_zone=")) remember("zone", here);
  document.getElementById("zone").addEventListener("click", (event) => {
    remember("zone", event.currentTarget.dataset.zone === "UTC" ? here : "UTC");
    location.reload();
  });

  genyard.bind("/", "Find on this page, or go to an id", () => {
    (document.getElementById("find") ?? document.getElementById("go"))?.focus();
  });
  const main = document.querySelector("main [data-full]:not(.cmd)");
  if (main) genyard.bind("c", "Copy the first id of this page", () => copy(main));

  const rows = [...document.querySelectorAll(".list tbody tr")];
  if (rows.length) {
    const step = (by) => {
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      const row = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
      row.querySelector("a")?.focus();
    };
    genyard.bind("j", "Next row", () => step(1));
    genyard.bind("k", "Previous row", () => step(-1));
  }
})();
