"""Make the table of saved views, which observe owns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("sort", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("saved_ns", sa.BigInteger, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "name"),
    )
