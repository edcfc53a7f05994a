"""The catalog's tables that store owns, and the metadata on which other rooms declare theirs (``<room>/tables.py``).

Times are Unix nanoseconds. JSON is text in canonical form, so that what was digested is what is stored.
``docs/design/state.md`` says for each table whether it holds a record, an artifact or state, and of which room.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from genyard.core.canonical import Json, canonical_json, read_canonical
from genyard.core.errors import InvalidInput

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class PlainText(TypeDecorator[str]):
    """Text that both databases can carry: PostgreSQL refuses NUL, and no encoding has lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base's name
        if value is not None and ("\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
            raise InvalidInput(f"{value[:40]!r} holds NUL or a lone surrogate", hint="remove those characters")
        return value


class CanonicalJson(TypeDecorator[Json]):
    """A JSON value as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str:  # noqa: ARG002 - the base's name
        return canonical_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:  # noqa: ARG002 - the base's name
        return read_canonical(value) if value is not None else None


artifacts = Table(
    "artifacts",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("digest", PlainText, primary_key=True),
    Column("kind", PlainText, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("principal", PlainText, nullable=False),
    Index(None, "project", "at_ns"),
    Index(None, "project", "kind", "at_ns"),
)

# The reverse index of what manifests already say: it answers "who uses this digest" and could be made anew from them.
artifact_references = Table(
    "artifact_references",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("owner", PlainText, primary_key=True),
    Column("role", PlainText, primary_key=True),
    Column("kind", PlainText, primary_key=True),
    Column("digest", PlainText, primary_key=True),
    ForeignKeyConstraint(["project", "owner"], ["artifacts.project", "artifacts.digest"]),
    Index(None, "project", "digest"),
)

names = Table(
    "names",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("kind", PlainText, primary_key=True),
    Column("name", PlainText, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", PlainText, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("principal", PlainText, nullable=False),
    ForeignKeyConstraint(["project", "digest"], ["artifacts.project", "artifacts.digest"]),
    UniqueConstraint("project", "kind", "name", "digest"),
    Index(None, "project", "digest"),
)

# The newest row of (project, name, alias) is where the alias points now. Rows are only ever added.
alias_moves = Table(
    "alias_moves",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("name", PlainText, primary_key=True),
    Column("alias", PlainText, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", PlainText, nullable=False),
    Column("previous", PlainText, nullable=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("principal", PlainText, nullable=False),
    Column("why", PlainText, nullable=False),
    ForeignKeyConstraint(["project", "digest"], ["artifacts.project", "artifacts.digest"]),
)

runs = Table(
    "runs",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("project", PlainText, nullable=False),
    Column("activity", PlainText, nullable=False),
    Column("principal", PlainText, nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Index(None, "project", "id"),
    Index(None, "project", "activity", "id"),
)

run_ends = Table(
    "run_ends",
    metadata,
    Column("run", PlainText, ForeignKey("runs.id"), primary_key=True),
    Column("status", PlainText, nullable=False),
    Column("ended_ns", BigInteger, nullable=False),
    Column("body", CanonicalJson, nullable=False),
)

run_references = Table(
    "run_references",
    metadata,
    Column("run", PlainText, ForeignKey("runs.id"), primary_key=True),
    Column("direction", PlainText, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("project", PlainText, nullable=False),
    Column("role", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("digest", PlainText, nullable=False),
    Index(None, "project", "digest"),
)
