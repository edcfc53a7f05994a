"""The tables that observe owns, on the catalog's metadata."""

from sqlalchemy import BigInteger, Column, Table

from genyard.store.schema import CanonicalJson, PlainText, metadata

masking_policies = Table(
    "masking_policies",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("policy", CanonicalJson, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("changed_by", PlainText, nullable=False),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("name", PlainText, primary_key=True),
    Column("page", PlainText, nullable=False),
    Column("query", PlainText, nullable=False),
    Column("sort", PlainText, nullable=False),
    Column("since", PlainText, nullable=False),
    Column("columns", PlainText, nullable=False, server_default=""),
    Column("id", PlainText, nullable=False, server_default=""),
    Column("saved_ns", BigInteger, nullable=False),
    Column("saved_by", PlainText, nullable=False),
)
