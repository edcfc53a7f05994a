"""Make every table of store and access."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_artifacts()
    _make_names()
    _make_runs()
    _make_principals()
    _make_keys()
    _make_sessions()
    _make_events()


def _make_artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "digest"),
    )
    op.create_index(None, "artifacts", ["project", "at_ns"])
    op.create_index(None, "artifacts", ["project", "kind", "at_ns"])
    op.create_table(
        "artifact_references",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "owner", "role", "kind", "digest"),
        sa.ForeignKeyConstraint(["project", "owner"], ["artifacts.project", "artifacts.digest"]),
    )
    op.create_index(None, "artifact_references", ["project", "digest"])


def _make_names() -> None:
    op.create_table(
        "names",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "kind", "name", "version"),
        sa.ForeignKeyConstraint(["project", "digest"], ["artifacts.project", "artifacts.digest"]),
        sa.UniqueConstraint("project", "kind", "name", "digest"),
    )
    op.create_index(None, "names", ["project", "digest"])
    op.create_table(
        "alias_moves",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "name", "alias", "sequence"),
        sa.ForeignKeyConstraint(["project", "digest"], ["artifacts.project", "artifacts.digest"]),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "runs", ["project", "activity", "id"])
    op.create_index(None, "runs", ["project", "id"])
    op.create_table(
        "run_ends",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended_ns", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"]),
    )
    op.create_table(
        "run_references",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "direction", "position"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"]),
    )
    op.create_index(None, "run_references", ["project", "digest"])


def _make_principals() -> None:
    op.create_table(
        "projects",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "principals",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "grants",
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("granted_ns", sa.BigInteger, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("principal", "project"),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"]),
    )
    op.create_index(None, "grants", ["project"])


def _make_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("secret_sha256", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("revoked_ns", sa.BigInteger, nullable=True),
        sa.Column("last_used_ns", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"]),
    )
    op.create_index(None, "keys", ["principal"])
    op.create_index(None, "keys", ["project"])


def _make_sessions() -> None:
    op.create_table(
        "sign_in_links",
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("used_ns", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256"),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"]),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("ended_ns", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256"),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"]),
    )


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "sequence"),
    )
    op.create_index(None, "events", ["project", "object", "sequence"])
    op.create_table(
        "chain_heads",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project"),
    )
