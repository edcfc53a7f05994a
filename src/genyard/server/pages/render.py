"""Templates, static files and the policy that keeps a page to itself."""

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from genyard.core.clock import rfc3339
from genyard.core.errors import NotFound
from genyard.server.pages.frame import Frame, Head, Moment, moment
from genyard.server.pages.shown import shown

STATIC = "/static/"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class View(Protocol):
    """Anything that a template can show."""

    @property
    def head(self) -> Head: ...


def content_security_policy() -> str:
    """Return the header's value: nothing inline runs, nothing foreign loads."""
    return _POLICY


class Pages:
    """Renders views. Static files carry the hash of their content in their name and may be cached for ever."""

    def __init__(self) -> None:
        files = resources.files("genyard.server.pages") / "static"
        self._static = dict(_hashed(one) for one in sorted(files.iterdir(), key=lambda one: one.name) if one.is_file())
        names = {_plain(hashed): STATIC + hashed for hashed in self._static}
        # Packages of templates are data of this package; autoescape stands for every file, whatever its name.
        self._templates = Environment(
            loader=PackageLoader("genyard.server.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_visible,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(static=names.__getitem__, moment=_moment)
        self._templates.filters.update(ago=_ago, rfc3339=rfc3339)

    def render(self, template: str, view: View, frame: Frame) -> str:
        """Return the page ``template``, such as ``trace.html``. The answer needs ``content_security_policy()``."""
        return self._templates.get_template(template).render(view=view, frame=frame)

    def static_file(self, path: str) -> tuple[bytes, str]:
        """Return bytes and content type of ``app.1f2e3d4c.css``. Raises NotFound for any name not in the package."""
        found = self._static.get(path)
        if found is None:
            raise NotFound("there is no such static file", hint="reload the page")
        return found, _TYPES[path.rpartition(".")[2]]


def _hashed(file: Traversable) -> tuple[str, bytes]:
    content = file.read_bytes()
    stem, _, suffix = file.name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}", content


def _plain(hashed: str) -> str:
    stem, _, suffix = hashed.split(".")
    return f"{stem}.{suffix}"


def _visible(value: object) -> object:
    """Spell out hostile characters in every text that a template writes. Markup was made here and is left."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@pass_context
def _moment(context: Context, at_ns: int) -> Moment | None:
    frame: Frame = context["frame"]
    return moment(at_ns, frame.zone)


def _ago(then_ns: int, now_ns: int) -> str:
    """Return how long ago, coarsely: it stands beside the exact time."""
    days = (now_ns - then_ns) // 86_400_000_000_000
    if days >= 2:
        return f"{days:,} days"
    minutes = (now_ns - then_ns) // 60_000_000_000
    return f"{minutes // 60} h" if minutes >= 60 else f"{max(0, minutes)} min"
