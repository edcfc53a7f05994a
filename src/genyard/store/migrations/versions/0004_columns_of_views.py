"""Let a saved view say which columns its list shows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("saved_views", sa.Column("columns", sa.Text, nullable=False, server_default=""))
