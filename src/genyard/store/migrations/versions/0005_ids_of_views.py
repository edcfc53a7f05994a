"""Give saved views ids, which events name: a name may be a person's, and an event is for ever."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("saved_views", sa.Column("id", sa.Text, nullable=False, server_default=""))
    views = sa.table("saved_views", sa.column("project", sa.Text), sa.column("name", sa.Text), sa.column("id", sa.Text))
    bind = op.get_bind()
    for row in bind.execute(sa.select(views.c.project, views.c.name)).all():
        own = (views.c.project == row.project) & (views.c.name == row.name)
        bind.execute(views.update().where(own).values(id=str(uuid.uuid4())))
