"""The tables that access owns, on the catalog's metadata."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from genyard.store.schema import CanonicalJson, PlainText, metadata

projects = Table(
    "projects",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", PlainText, nullable=False),
)

principals = Table(
    "principals",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("kind", PlainText, nullable=False),
    Column("name", PlainText, nullable=False, unique=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", PlainText, nullable=False),
)

# ``project`` is a project's name, or "*" for all of them.
grants = Table(
    "grants",
    metadata,
    Column("principal", PlainText, ForeignKey("principals.id"), primary_key=True),
    Column("project", PlainText, primary_key=True),
    Column("role", PlainText, nullable=False),
    Column("granted_ns", BigInteger, nullable=False),
    Column("granted_by", PlainText, nullable=False),
    Index(None, "project"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("principal", PlainText, ForeignKey("principals.id"), nullable=False),
    Column("name", PlainText, nullable=False),
    Column("project", PlainText, nullable=False),
    Column("role", PlainText, nullable=False),
    Column("scopes", CanonicalJson, nullable=False),
    Column("secret_sha256", PlainText, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", PlainText, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger, nullable=True),
    Column("last_used_ns", BigInteger, nullable=True),
    Index(None, "project"),
    Index(None, "principal"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_sha256", PlainText, primary_key=True),
    Column("principal", PlainText, ForeignKey("principals.id"), nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger, nullable=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", PlainText, primary_key=True),
    Column("principal", PlainText, ForeignKey("principals.id"), nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger, nullable=True),
)

# ``detail`` is kept as the text that was digested, so that verification reads exactly that.
events = Table(
    "events",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("actor", PlainText, nullable=False),
    Column("verb", PlainText, nullable=False),
    Column("object", PlainText, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", PlainText, nullable=False),
    Column("hash", PlainText, nullable=False),
    Index(None, "project", "object", "sequence"),
)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", PlainText, nullable=False),
)
