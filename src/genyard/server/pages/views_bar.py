"""The saved views beside a list: each a link; the present list may be saved, the present view deleted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genyard.observe.explorer.views import SavedView, ViewPage
from genyard.server.pages.explored import Explored
from genyard.server.pages.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    name: str
    href: str
    chosen: bool
    """Whether the list shows just this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsBar:
    page: ViewPage
    views: tuple[ViewLink, ...]
    chosen: str
    """The name of the view that the list shows; empty for none."""
    save_href: str
    """Where the form that saves goes; empty for who may not."""
    delete_href: str
    """Deletes the view that the list shows; empty where there is none, and for who may not."""


def views_bar(
    views: Sequence[SavedView], *, page: ViewPage, links: Links, explored: Explored, may_write: bool
) -> ViewsBar:
    shown = tuple(_link(one, explored) for one in views)
    chosen = next((one.name for one in shown if one.chosen), "")
    return ViewsBar(
        page=page,
        views=shown,
        chosen=chosen,
        # A view moves on with the clock; a time with ends of its own is kept by its address.
        save_href=links.views if may_write and not explored.fixed else "",
        delete_href=links.delete_view(chosen) if may_write and chosen else "",
    )


def list_of(view: SavedView, links: Links) -> str:
    """Return the address of the list that a view shows."""
    path = links.traces() if view.page == "traces" else links.sessions()
    return Explored(path=path, q=view.query, window=view.since, sort=view.sort, columns=view.columns).href()


def _link(view: SavedView, explored: Explored) -> ViewLink:
    wanted = replace(
        explored, q=view.query, window=view.since, since="", until="", sort=view.sort, columns=view.columns
    )
    return ViewLink(name=view.name, href=wanted.href(), chosen=wanted == explored)
