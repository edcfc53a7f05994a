"""The tables that observe owns, on the catalog's metadata."""

from sqlalchemy import BigInteger, Column, Table

from genyard.store.schema import JsonText, PlainText, metadata

masking_policies = Table(
    "masking_policies",
    metadata,
    Column("project", PlainText, primary_key=True),
    Column("policy", JsonText, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("changed_by", PlainText, nullable=False),
)
