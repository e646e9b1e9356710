"""Hands Alembic the tables of our catalog and a connection."""

from alembic import context

import inventory.db.migrate as migrate
from inventory.catalog import Catalog

catalog = Catalog.load()
settings = context.config.attributes
options = {
    "target_metadata": migrate.target(catalog),
    "include_object": migrate.ours(catalog),
    "compare_type": True,
    # Docstrings are written after each migration, and are no part of one.
    "autogenerate_plugins": ["alembic.autogenerate.*", "~alembic.autogenerate.comments"],
    "transaction_per_migration": False,
}


def run() -> None:
    if "connection" in settings:
        context.configure(connection=settings["connection"], **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with migrate._connection(settings["dsn"]) as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
