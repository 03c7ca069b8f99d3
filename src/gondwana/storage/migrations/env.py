"""Where Alembic is told which connection to use; it is run by `gondwana.storage.migrations`."""

from alembic import context

from gondwana.storage.models import TABLES

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=TABLES,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
