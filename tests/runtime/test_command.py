"""`common:task:command` runs what the configuration allows, word for word, and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from inventory.config import Config
from inventory.runtime.control import Control
from inventory.runtime.queue import Queue
from inventory.sources.common.tasks.command import TAIL, environment, shown
from tests.runtime.conftest import Store, until, working

SAYS = [sys.executable, "-c", "import os, sys; print(os.getcwd(), sys.argv[1:])", "a b", "$HOME;ls"]
FAILS = [sys.executable, "-c", "print('the password is s3cr3t' + '-word'); raise SystemExit(3)"]
# It leaves a child in its group, and neither heeds a polite word.
STAYS = [
    sys.executable,
    "-c",
    "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork();"
    "open(f'pid-{os.getpid()}', 'w').close(); time.sleep(60)",
]


@pytest_asyncio.fixture
async def worker(config: Config) -> AsyncIterator[Config]:
    changed = {
        "home": str(config.home),
        "database": {"dsn": str(config.database.dsn)},
        "redis": {"endpoint": str(config.redis.endpoint)},
        "aws": {
            "credentials": {
                "x": {
                    "token_retriever": "static",
                    "access_key_id": "A",
                    "secret_access_key": "s3cr3t-word",
                }
            }
        },
        "worker": {
            "concurrency": 4,
            "commands": [
                {"argv": SAYS, "dir": str(config.home)},
                {"argv": FAILS},
                {"argv": STAYS, "dir": str(config.home)},
                {"argv": ["no-such-program"]},
            ],
        },
    }
    allowed = Config.model_validate(changed)
    async with working(allowed):
        yield allowed


@pytest.fixture
def run(queue: Queue, ledger: Store) -> Callable[..., Any]:
    """Enqueue a command, and wait until its attempt has ended."""

    async def call(argv: list[str], **options: Any) -> dict[str, Any]:
        payload = {"command": argv[0], "args": argv[1:], **options.pop("payload", {})}
        enqueued = await queue.enqueue("common:task:command", payload, **options)
        states = ("completed", "archived", "retry", "cancelled")
        await until(lambda: ledger.run(enqueued.id)["state"] in states)
        return ledger.run(enqueued.id)

    return call


async def test_an_allowed_command_runs_word_for_word_where_it_should(worker, run) -> None:
    done = await run(SAYS)

    assert done["state"] == "completed"
    assert done["result"] == {
        "status": 0,
        "output": f"{worker.home} {['a b', '$HOME;ls']!r}\n",
    }


@pytest.mark.parametrize(
    ("argv", "payload"),
    [
        ([*SAYS, "more"], {}),
        (SAYS[:-1], {}),
        (["sh", "-c", "true"], {}),
        ([" ".join(SAYS)], {}),
        (SAYS, {"dir": "/"}),
        (FAILS, {"dir": "/"}),
    ],
)
async def test_every_other_command_is_refused_for_good(worker, run, argv, payload) -> None:
    done = await run(argv, payload=payload)

    assert (done["state"], done["error_code"]) == ("archived", "PAYLOAD_INVALID")
    assert "worker.commands" in done["error"]


async def test_nothing_is_allowed_by_default(config, queue, ledger) -> None:
    enqueued = await queue.enqueue("common:task:command", {"command": "true"})

    async with working(config):
        await until(lambda: ledger.run(enqueued.id)["state"] == "archived")


async def test_a_missing_program_is_named(worker, run) -> None:
    done = await run(["no-such-program"])

    assert done["state"] == "archived"
    assert "there is no program no-such-program" in done["error"]


async def test_a_bad_end_is_tried_again_and_told_without_secrets(worker, run) -> None:
    done = await run(FAILS)

    assert (done["state"], done["error_code"]) == ("retry", "COMMAND_FAILED")
    assert "ended with status 3" in done["error"]
    assert "the password is " in done["error"]
    assert "s3cr3t-word" not in str(done)


@pytest.mark.parametrize("how", ["timeout", "cancel"])
async def test_the_whole_group_ends_with_the_run(worker, queue, ledger, how) -> None:
    payload = {"command": STAYS[0], "args": STAYS[1:]}
    seconds = {"timeout": timedelta(seconds=3)} if how == "timeout" else {}
    enqueued = await queue.enqueue("common:task:command", payload, **seconds)
    home = Path(worker.home)
    await until(lambda: len(found(home)) == 2 or ended(ledger, enqueued.id))

    if how == "cancel":
        await Control(queue).cancel([enqueued.id])
    await until(lambda: ended(ledger, enqueued.id), within=20)

    pids = found(home)
    assert len(pids) == 2
    assert ledger.run(enqueued.id)["state"] == ("retry" if how == "timeout" else "cancelled")
    # The child that lost its parent is collected by whoever inherits it.
    await until(lambda: not any(lives(pid) for pid in pids))


def found(home: Path) -> list[int]:
    return [int(file.name.removeprefix("pid-")) for file in home.glob("pid-*")]


def ended(ledger: Store, run_id: Any) -> bool:
    return ledger.run(run_id)["state"] not in ("pending", "active")


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        os.kill(pid, 0)
        return True


def test_a_secret_that_was_cut_is_not_shown_in_part() -> None:
    secret = "s3cr3t-word" * 10
    output = f"{secret}\n" * 1000

    text = shown(output.encode()[-2 * TAIL :], lambda text: text.replace(secret, "***"))

    assert "s3cr3t" not in text
    assert shown(b"short", lambda text: text) == "short"


def test_commands_see_no_settings_of_ours() -> None:
    given = {"PATH": "/bin", "INVENTORY_DATABASE_DSN": "x", "DATABASE_URI": "y", "HOME": "/"}

    assert environment(given) == {"PATH": "/bin", "HOME": "/"}
