"""`inventory task watch`: what happens to a run, as it happens."""

import asyncio
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from inventory.cli.base import Command, Failed, Settings, pass_settings
from inventory.cli.kinds import RunIdType
from inventory.cli.ledger import reading

_DONE = "completed"


@click.command(cls=Command)
@click.argument("run_id", metavar="ID", type=RunIdType())
@click.option(
    "--after",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Only what comes after the event of this number.",
)
@pass_settings
def watch(settings: Settings, run_id: str, after: int) -> None:
    """Print what happened to a run, and then what happens to it, until it has ended.

    Each event has a number; after an interruption, --after tells where to go on. With --json, one
    object a line. Exit status 0 when the run completed, 1 when it was archived or cancelled.

    Examples:
        inventory task watch 5b1a5e6a
        inventory task watch 5b1a5e6a-8e0c-4d7a-9a53-0c9c1b2a7f10 --after 12 --json
    """
    from inventory.runtime.events import AWAY, Gone

    with settings.database() as dsn:
        with reading(dsn) as read:
            wanted = read.run_id(run_id)
        try:
            state = asyncio.run(_follow(settings, dsn, wanted, after))
        except Gone as error:
            raise Failed(f"{error}; see `inventory task list`") from error
        except AWAY as error:
            from inventory.db import engine

            reason = engine.first_line(error)
            raise Failed(f"PostgreSQL does not answer any more: {reason}") from error
    if state != _DONE:
        raise click.exceptions.Exit(1)


async def _follow(settings: Settings, dsn: str, run_id: UUID, after: int) -> str:
    """Print events until there are no more, and return the state that the run ended in."""
    from inventory.runtime.events import Bell, Connected, follow

    bell, connected = Bell(dsn), Connected(dsn)
    try:
        async for page in follow(connected.fetch, bell, run_id, after):
            for event in page:
                _show(settings, event)
        return await connected.state(run_id)
    finally:
        await bell.close()
        await connected.close()


def _show(settings: Settings, event: dict[str, Any]) -> None:
    if settings.json:
        import orjson

        print(orjson.dumps(event).decode(), flush=True)
        return
    at = datetime.fromisoformat(event["at"]).astimezone().strftime("%H:%M:%S")
    done, total = event["progress"], event["total"]
    share = f" of {total}" if total else ""
    told = [] if done is None else [f"{done}{share}"]
    told += [event["message"]] if event["message"] else []
    line = f"{event['sequence']:>4}  {at}  {event['state']:<10}  {'; '.join(told)}"
    print(line.rstrip(), file=sys.stdout, flush=True)
