"""`inventory db`."""

import click

from inventory.cli.base import Group, Settings, pass_settings
from inventory.cli.output import plural, print_json, show, show_one


@click.group(cls=Group)
def command() -> None:
    """Migrations of the database.

    Every one takes an advisory lock, so that several may run at once; all that is pending is
    applied, or nothing.

    Examples:
        inventory db migrate
        inventory db status --json
        inventory --database-uri postgresql://inventory@localhost/inventory db pending
    """


@command.command()
@pass_settings
def init(settings: Settings) -> None:
    """Prepare an empty database; `migrate` does so by itself.

    Examples:
        inventory db init
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        migrations.init(dsn)
    _say(settings, "the database is prepared")


@command.command()
@pass_settings
def migrate(settings: Settings) -> None:
    """Apply every pending migration.

    Examples:
        inventory db migrate
        inventory --config config.yaml db migrate
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        applied = migrations.upgrade(dsn, settings.config.database.migration_dir)
    if settings.json:
        print_json({"applied": applied})
    elif not applied:
        print("the database is up to date")
    else:
        print(f"applied {plural(len(applied), 'migration')}:")
        for message in applied:
            print(f"  {message}")


@command.command()
@click.option("--steps", type=click.IntRange(1), default=1, show_default=True, help="How many.")
@pass_settings
def rollback(settings: Settings, steps: int) -> None:
    """Undo the latest migrations, one by default.

    Examples:
        inventory db rollback
        inventory db rollback --steps 2
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        undone = migrations.downgrade(dsn, steps, settings.config.database.migration_dir)
    if settings.json:
        print_json({"rolled_back": undone})
    else:
        print(f"rolled back {plural(len(undone), 'migration')}: {'; '.join(undone)}")


@command.command()
@pass_settings
def status(settings: Settings) -> None:
    """Say where the database stands.

    Examples:
        inventory db status
        inventory db status --json | jq .pending
    """
    from inventory.db import engine, revisions

    with settings.database() as dsn:
        found = revisions.status(dsn, settings.config.database.migration_dir)
        place = engine.address(dsn)
    state = "up to date" if found.up_to_date else "out of date; run `inventory db migrate`"
    row = {
        "database": place,
        "version": found.current,
        "newest": found.head,
        "pending": found.pending,
        "locked_by": found.held_by,
    }
    show_one(settings, row if settings.json else {**row, "state": state})


@command.command()
@pass_settings
def applied(settings: Settings) -> None:
    """List the migrations that the database has, newest first.

    Examples:
        inventory db applied
    """
    _list(settings, applied=True)


@command.command()
@pass_settings
def pending(settings: Settings) -> None:
    """List the migrations that the database lacks, in their order.

    Examples:
        inventory db pending
    """
    _list(settings, applied=False)


@command.command()
@click.argument("words", nargs=-1, required=True)
@pass_settings
def create(settings: Settings, words: tuple[str, ...]) -> None:
    """Write a migration from what the models say and the database does not have yet.

    Examples:
        inventory db create add the arch of an instance
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        path = migrations.create(dsn, " ".join(words), settings.config.database.migration_dir)
    if settings.json:
        print_json({"path": str(path)})
    else:
        print(path)


@command.command()
@pass_settings
def lock(settings: Settings) -> None:
    """Forbid migrations until `unlock`, during a restore for instance.

    Examples:
        inventory db lock
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        migrations.hold(dsn)
    _say(settings, "migrations are locked; `inventory db unlock` allows them again")


@command.command()
@pass_settings
def unlock(settings: Settings) -> None:
    """Allow migrations again.

    Examples:
        inventory db unlock
    """
    from inventory.db import migrate as migrations

    with settings.database() as dsn:
        migrations.release(dsn)
    _say(settings, "migrations are allowed")


def _list(settings: Settings, *, applied: bool) -> None:
    from inventory.db import revisions

    with settings.database() as dsn:
        every = revisions.history(dsn, settings.config.database.migration_dir)
    found = [migration for migration in every if migration.applied == applied]
    if not applied:
        found.reverse()
    rows = [{"id": m.revision, "name": m.message, "made": m.made_at} for m in found]
    empty = "no migration was applied yet" if applied else "no migration is pending"
    show(settings, rows, ("id", "name", "made"), empty=empty)


def _say(settings: Settings, text: str) -> None:
    if settings.json:
        print_json({"done": True})
    else:
        print(text)
