"""Rules that hold on every page, asked of the page as the browser drew it. Each returns what breaks the rule."""

from playwright.sync_api import Page

_VISIBLE = """
  const seen = (e) => e.checkVisibility({checkVisibilityCSS: true, contentVisibilityAuto: true})
    && e.getBoundingClientRect().width > 1;
  const tell = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class")} ${e.textContent.trim().slice(0, 30)}`;
"""
_CONTROLS = "'a[href], button, input:not([type=hidden]), select, textarea, summary'"


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def unstacked(page: Page) -> list[str]:
    """Panels whose head does not stand above the rest of them, as wide as they are."""
    found: list[str] = page.evaluate(
        f"""() => {{{_VISIBLE}
          return [...document.querySelectorAll(".panel > header")].filter(seen).filter((head) =>
            head.parentElement.clientWidth - head.getBoundingClientRect().width > 1.5).map(tell);
        }}"""
    )
    return found


def structure(page: Page) -> list[str]:
    """One h1, one main, a banner, landmarks with names, headings without gaps, a language, a title."""
    found: list[str] = page.evaluate(
        """() => {
          const count = (s) => document.querySelectorAll(s).length;
          const bad = [];
          for (const one of ["h1", "main", "header.top", "head title"]) if (count(one) !== 1) bad.push(one);
          if (!document.documentElement.lang) bad.push("lang");
          const names = [...document.querySelectorAll("nav")].map((n) => n.getAttribute("aria-label"));
          if (names.some((n) => !n) || new Set(names).size !== names.length) bad.push("nav names " + names);
          const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
          if (new Set(ids).size !== ids.length) bad.push("ids twice");
          for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
            for (const id of (e.getAttribute("aria-labelledby") ?? e.getAttribute("aria-describedby")).split(" "))
              if (!document.getElementById(id)) bad.push("no element " + id);
          return bad;
        }"""
    )
    return found


def nameless(page: Page) -> list[str]:
    """Controls without a name."""
    found: list[str] = page.evaluate(
        f"""() => {{{_VISIBLE}
          const own = (e) => e.getAttribute("aria-label") || e.textContent.trim();
          const name = (e) => own(e) || e.labels?.[0]?.textContent || e.value;
          return [...document.querySelectorAll({_CONTROLS})].filter((e) => seen(e) && !name(e)).map(tell);
        }}"""
    )
    return found


def small(page: Page) -> list[str]:
    """Targets under 24 by 24 pixels. Links within a line of text are excepted (WCAG 2.5.8)."""
    found: list[str] = page.evaluate(
        f"""() => {{{_VISIBLE}
          const inline = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline";
          return [...document.querySelectorAll({_CONTROLS})].filter((e) => seen(e) && !inline(e)).filter((e) => {{
            const r = e.getBoundingClientRect();
            return (r.width < 23.5 && e.tagName !== "A") || r.height < 23.5;
          }}).filter((e) => e.type !== "checkbox").map((e) => tell(e) + Math.round(e.getBoundingClientRect().height));
        }}"""
    )
    return found


def faint(page: Page) -> list[str]:
    """Texts under a contrast of 4.5 (3 where large) with what stands behind them, as drawn."""
    found: list[str] = page.evaluate(
        f"""() => {{{_VISIBLE}
          const canvas = new OffscreenCanvas(1, 1).getContext("2d", {{willReadFrequently: true}});
          const rgba = (c) => {{
            canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
            const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255];
          }};
          const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
          const behind = (e) => {{
            const stack = [];
            for (let x = e; x; x = x.parentElement) stack.push(rgba(getComputedStyle(x).backgroundColor));
            return stack.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
          }};
          const lum = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {{
            const v = c[i] / 255; return sum + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          }}, 0);
          const bad = new Set();
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {{
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !seen(e) || e.closest(".vh, .skip, svg")) continue;
            const style = getComputedStyle(e), back = behind(e), ink = over(rgba(style.color), back);
            const [a, b] = [lum(ink), lum(back)].sort((x, y) => y - x);
            const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < (large ? 3 : 4.5)) bad.add(tell(e) + " " + ratio.toFixed(2));
          }}
          return [...bad];
        }}"""
    )
    return found


def wordless(page: Page) -> list[str]:
    """Statuses without an icon or without a word, and short ids without a copy button."""
    found: list[str] = page.evaluate(
        f"""() => {{{_VISIBLE}
          const all = (selector) => [...document.querySelectorAll(selector)];
          const bad = all(".st").filter((e) => !e.querySelector("svg") || !e.textContent.trim());
          const ids = all(".id").filter((e) => !e.dataset.full || !e.querySelector("button.copy"));
          return [...bad, ...ids].map(tell);
        }}"""
    )
    return found


def ringless(page: Page, *, most: int = 150) -> list[str]:
    """Tab stops without a visible ring, or with the ring outside the window."""
    page.evaluate("document.activeElement.blur()")
    bad: list[str] = []
    seen: set[str] = set()
    for _ in range(most):
        page.keyboard.press("Tab")
        said = page.evaluate(
            f"""() => {{{_VISIBLE}
              const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
              if (e === document.body) return null;
              const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
              const inside = r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth;
              e.dataset.stop ??= String(Math.random());
              return [e.dataset.stop, ring && inside ? "" : tell(e)];
            }}"""
        )
        if said is None or said[0] in seen:
            break
        seen.add(said[0])
        bad += [said[1]] if said[1] else []
    assert len(seen) > 2, "nothing takes the focus"
    return bad
