"""The small pages: sign-in, an error, and one thing of the catalog as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genyard.core.canonical import Json
from genyard.core.errors import OUTCOMES, AccessError, GenyardError, NotFound, StorageFull, UserError
from genyard.core.escape import one_line
from genyard.server.pages.explored import term
from genyard.server.pages.frame import Action, Crumb, Head
from genyard.server.pages.json_view import JsonNode, json_view
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Table
from genyard.server.pages.shown import Allowance, Folded, fold
from genyard.server.pages.span_panel import Fact
from genyard.server.pages.status import Chip

_BYTES = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """With ``code`` (from the one-time link) one button signs in; without it the page says how to get a link.

    The form posts ``code`` and ``next`` to ``/sign-in``: a link alone changes nothing, so a prefetch spends nothing.
    """

    head: Head
    code: str
    next: str
    problem: str


def sign_in_view(*, code: str = "", next_path: str = "", problem: str = "") -> SignInView:
    local = next_path if next_path.startswith("/") and not next_path.startswith(("//", "/\\")) else "/"
    return SignInView(head=Head(title="Sign in", heading="Sign in"), code=code, next=local, problem=problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    head: Head
    message: str
    hint: str
    code: str
    lost: str
    offers: tuple[Crumb, ...] = ()
    """What else may have been meant, each a link."""
    crumbs: tuple[Crumb, ...] = ()
    cli: str = ""


def error_view(error: GenyardError, *, changed: bool = False) -> ErrorView:
    """Return the page of an error. ``changed`` says that something was to be stored."""
    titles = {
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        409: "The state moved on",
        413: "Too large",
        507: "No room",
    }
    outcome = OUTCOMES.get(error.code)
    http_status = outcome.http_status if outcome else 500
    title = titles.get(http_status, "That did not work")
    lost = "Something may have been stored before it failed; look before trying again."
    return ErrorView(
        head=Head(title=title, heading=title),
        message=one_line(error.message, limit=600),
        hint=one_line(error.hint, limit=600),
        code=error.code,
        # These are found before anything is stored.
        lost=lost
        if changed and not isinstance(error, UserError | AccessError | StorageFull)
        else "Nothing was changed.",
    )


def not_an_id(asked: str, links: Links) -> ErrorView:
    """Return the page of what was looked for as an id and is none here: it may be words, a session or a user."""
    what = one_line(asked, limit=60)
    wanted = {
        f"Traces with the words “{what}”": '"' + asked.replace("\\", "\\\\").replace('"', '\\"') + '"',
        f"Traces of the user {what}": term("user", asked),
        f"Traces of the session {what}": term("session", asked),
    }
    view = error_view(NotFound(f"{what} is no trace id, run id, digest or release here"))
    offers = tuple(Crumb(text=text, href=links.traces(q=query)) for text, query in wanted.items())
    return replace(view, lost="A release is written as helpdesk:8.", offers=offers)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    title: str
    text: Folded
    href: str
    """The whole of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingView:
    """A run, a prompt, an index: facts, tables, texts and the record as JSON."""

    head: Head
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    texts: tuple[TextBlock, ...]
    body: JsonNode
    raw_href: str
    crumbs: tuple[Crumb, ...]
    cli: str


def thing_view(
    heading: str,
    *,
    links: Links,
    body: Json,
    chips: Sequence[Chip] = (),
    facts: Sequence[Fact] = (),
    tables: Sequence[Table] = (),
    texts: Sequence[tuple[str, str, str]] = (),
    raw_href: str,
    trail: Sequence[Crumb] = (),
    actions: Sequence[Action] = (),
    cli: str,
) -> ThingView:
    """Return the plain page of a thing. ``texts`` are (title, text, address of the whole)."""
    allowance = Allowance(_BYTES)
    title = one_line(heading, limit=90)
    return ThingView(
        head=Head(title=title, heading=title, chips=tuple(chips), actions=tuple(actions)),
        facts=tuple(facts),
        tables=tuple(tables),
        texts=tuple(TextBlock(title=name, text=fold(one, allowance), href=href) for name, one, href in texts),
        body=json_view(body, allowance),
        raw_href=raw_href,
        crumbs=(Crumb(text=links.project, href=links.home), *trail, Crumb(text=title)),
        cli=cli,
    )
