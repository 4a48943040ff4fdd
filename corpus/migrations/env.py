"""Alembic's entry: runs on the connection that corpus.database hands in, inside its transaction."""

from alembic import context

from corpus.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    transactional_ddl=False,
)
context.run_migrations()
