"""Wait for a run and for all that it fans out."""

import time
from uuid import UUID

import click

from inventory.cli.base import Settings
from inventory.cli.ledger import Reading
from inventory.cli.output import plural, print_json
from inventory.runtime.choice import LIVE

EVERY = 0.2
PATIENCE = 3.0
FAMILY = """
WITH RECURSIVE family AS (
    SELECT * FROM common_run WHERE id = %(id)s
    UNION ALL SELECT r.* FROM common_run r JOIN family f ON r.parent_id = f.id
)
SELECT id, task, queue, state, scope, error, attempt FROM family ORDER BY created_at, id
"""
TAKEN = """
SELECT count(*) AS workers FROM common_worker
WHERE status = 'active' AND seen_at > now() - interval '30 seconds' AND queues ? %(queue)s
"""


def follow(settings: Settings, read: Reading, run_id: UUID) -> None:
    """Wait, tell what failed, and exit with 1 unless everything completed."""
    began, warned = time.monotonic(), False
    while True:
        runs = read(FAMILY, {"id": run_id})
        if not any(run["state"] in LIVE for run in runs):
            break
        if not warned and time.monotonic() > began + PATIENCE:
            warned = True
            idle = [run for run in runs if run["state"] == "pending"]
            if idle and not read(TAKEN, {"queue": idle[0]["queue"]})[0]["workers"]:
                click.echo(
                    f"no worker takes from queue {idle[0]['queue']}; "
                    f"`inventory worker start --queue {idle[0]['queue']}` does",
                    err=True,
                )
        time.sleep(EVERY)
    failed = [run for run in runs if run["state"] != "completed"]
    if settings.json:
        print_json({"id": str(run_id), "complete": bool(runs) and not failed, "runs": runs})
    else:
        for run in failed:
            what = " ".join(filter(None, (run["task"], run["scope"])))
            click.echo(f"{run['state']}: {what}: {run['error'] or 'no reason is known'}", err=True)
        click.echo(f"{plural(len(runs) - len(failed), 'run')} completed, {len(failed)} did not")
    if failed or not runs:
        raise click.exceptions.Exit(1)
