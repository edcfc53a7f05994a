"""Signing a browser in: a link that works once, for ten minutes, and a session that ends by itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from genyard.access import audit
from genyard.access.audit import EVERY_PROJECT
from genyard.access.keys import hashed
from genyard.access.principals import Actor, actor_in, get
from genyard.access.tables import sessions, sign_in_links
from genyard.core.errors import Forbidden, Unauthenticated
from genyard.core.ids import IdSource, PrincipalId

LINK_NS = 10 * 60 * 1_000_000_000
"""How long a link works."""

_ASK = "genyard up gives a new link, also while the server runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. ``token`` is its cookie; only the hash is kept."""

    principal: PrincipalId
    token: str
    expires_ns: int


def make_link(tx: Connection, *, by: Actor, at_ns: int, ids: IdSource) -> str:
    """Return the token of a link that signs a browser in as ``by``, once, within ten minutes.

    Raises Forbidden for an actor with a key: a session may do what its principal may, and a key may be for less.
    """
    if by.key is not None:
        raise Forbidden("a key cannot make a sign-in link: it may be for less than its holder", hint=_ASK)
    get(tx, by.principal)
    tx.execute(sign_in_links.delete().where(sign_in_links.c.expires_ns <= at_ns))
    token = ids.secret()
    row = {"token_sha256": hashed(token), "principal": by.principal, "expires_ns": at_ns + LINK_NS}
    tx.execute(sign_in_links.insert(), row)
    _tell(tx, by.principal, "invited", at_ns=at_ns)
    return token


def sign_in(tx: Connection, link: str, *, lifetime_ns: int, now_ns: int, ids: IdSource) -> Session:
    """Use up a link and return the session it gives. Raises Unauthenticated when it is unknown, old or used."""
    unused = sign_in_links.update().where(
        # Found by its hash: what a timing could tell about a hash does not help to make a token.
        sign_in_links.c.token_sha256 == hashed(link),
        sign_in_links.c.used_ns.is_(None),
        sign_in_links.c.expires_ns > now_ns,
    )
    principal = tx.execute(unused.values(used_ns=now_ns).returning(sign_in_links.c.principal)).scalar()
    if principal is None:
        raise Unauthenticated("this link is unknown, used or older than ten minutes", hint=_ASK)
    tx.execute(sessions.delete().where(sessions.c.expires_ns <= now_ns))
    session = Session(principal=principal, token=ids.secret(), expires_ns=now_ns + lifetime_ns)
    row = {"token_sha256": hashed(session.token), "principal": principal, "expires_ns": session.expires_ns}
    tx.execute(sessions.insert(), row | {"started_ns": now_ns})
    _tell(tx, principal, "signed_in", at_ns=now_ns)
    return session


def authenticate(tx: Connection, token: str, *, now_ns: int, project: str | None = None) -> Actor:
    """Return the person of a session, acting in ``project`` (None: in all, or in the only one they have). Reads only.

    Raises Unauthenticated when the session is unknown or over, Forbidden when the person has no role there.
    """
    return actor_in(tx, _principal(tx, token, now_ns=now_ns), project)


def sign_out(tx: Connection, token: str, *, now_ns: int) -> None:
    """End a session. Raises Unauthenticated when it is unknown or over."""
    principal = _principal(tx, token, now_ns=now_ns)
    tx.execute(sessions.update().where(sessions.c.token_sha256 == hashed(token)).values(ended_ns=now_ns))
    _tell(tx, principal, "signed_out", at_ns=now_ns)


def _principal(tx: Connection, token: str, *, now_ns: int) -> PrincipalId:
    query = select(sessions.c.principal).where(
        sessions.c.token_sha256 == hashed(token), sessions.c.ended_ns.is_(None), sessions.c.expires_ns > now_ns
    )
    principal: PrincipalId | None = tx.execute(query).scalar()
    if principal is None:
        raise Unauthenticated("this session is unknown or over", hint=_ASK)
    return principal


def _tell(tx: Connection, principal: PrincipalId, verb: str, *, at_ns: int) -> None:
    audit.append(
        tx,
        project=EVERY_PROJECT,
        actor=principal,
        verb=verb,
        object=f"principal/{principal}",
        detail={},
        at_ns=at_ns,
    )
