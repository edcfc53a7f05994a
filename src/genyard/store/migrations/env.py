"""Alembic's entry: it runs the migrations on the connection, and in the transaction, that ``migrate`` hands over."""

from alembic import context

from genyard.store.schema import metadata

# The metadata is here for the names of constraints only; a migration never reads today's tables.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
