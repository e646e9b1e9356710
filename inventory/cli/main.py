"""The root command, and what its errors become."""

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import NoReturn

import click

from inventory import __version__
from inventory.cli.base import WORKER_THREAD, LazyGroup, Settings, common_options
from inventory.errors import ConfigError, InventoryError, PayloadError

_PATIENCE = 1.0

COMMANDS = {
    "up": (
        "inventory.cli.up",
        "Run everything: database, queue, API, worker and scheduler, in one process.",
    ),
    "demo": (
        "inventory.cli.demo",
        "Simulate clouds, collect and link them, and serve the graph; no account needed.",
    ),
    "init": (
        "inventory.cli.init",
        "Look for credentials on this machine, try them, and write a configuration for those that work.",
    ),
    "doctor": (
        "inventory.cli.doctor",
        "Try every listing of what is configured, and name the permissions that are missing.",
    ),
    "collect": (
        "inventory.cli.collect",
        "Read everything that is configured, now, and relate what was found.",
    ),
    "model": ("inventory.cli.model", "What was collected: counts, freshness, rows."),
    "export": (
        "inventory.cli.export",
        "Write the rows of tables to files: models, and the links between them.",
    ),
    "leak": ("inventory.cli.leak", "What was left behind, and which rules say so."),
    "task": ("inventory.cli.task", "What can run, is running and has run."),
    "queue": ("inventory.cli.queue", "Queues, in which runs wait."),
    "schema": (
        "inventory.cli.schema",
        "The GraphQL schema, derived from the models, links and tasks.",
    ),
    "token": ("inventory.cli.token", "Who may ask the API."),
    "audit": ("inventory.cli.audit", "Who changed what, and who tried."),
    "db": ("inventory.cli.db", "Migrations of the database."),
    "serve": ("inventory.cli.serve", "Serve the GraphQL API and its page."),
    "worker": (
        "inventory.cli.worker",
        "Workers, which run what is enqueued; start as many as you like.",
    ),
    "scheduler": (
        "inventory.cli.scheduler",
        "Schedulers, which enqueue what is due; several do it once.",
    ),
    "simulate": (
        "inventory.cli.simulate",
        "Serve simulated clouds, of any size, as their SDKs know them.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="inventory %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """What do we run, in which cloud, who owns it, and what was left behind?

    Inventory collects resources from clouds into PostgreSQL, relates them, and serves them as one
    GraphQL graph.

    Examples:
        inventory demo                            simulated clouds, collected and served; no account needed
        inventory --config config.yaml up         the real ones
        inventory collect --source aws            read a source now
        inventory model list                      what is there, and how fresh it is
        inventory task list --state archived      what did not work
    """
    context.ensure_object(Settings)


cli.params = [option for option in cli.params if not getattr(option, "hidden", False)]
cli.params += common_options(hidden=False)


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit with 0, 1 (it failed), 2 (it was misused) or 130 (it was interrupted)."""
    # A process of ours begins with a hundred thousand objects that stay; looking for garbage among
    # them at Python's usual rate takes a fifth of the start.
    gc.set_threshold(50_000, 20, 50)
    try:
        status = run(args)
    except KeyboardInterrupt:
        # While an error was being told.
        status = 130
    _leave(status)


def _leave(status: int) -> NoReturn:
    """Exit, even if a thread is stuck in a call that nobody can interrupt: Python would wait for it."""
    end = time.monotonic() + _PATIENCE
    for thread in threading.enumerate():
        waited_for = not thread.daemon or thread.name == WORKER_THREAD
        if waited_for and thread is not threading.current_thread():
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                logging.shutdown()
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
    sys.exit(status)


def run(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    settings = Settings()
    try:
        words = list(sys.argv[1:] if args is None else args)
        # Not `cli.main`, which has its own idea of what becomes of interrupts and broken pipes.
        with cli.make_context("inventory", words, obj=settings) as context:
            cli.invoke(context)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has left. Python would complain when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.UsageError as error:
        where = f" See `{error.ctx.command_path} --help`." if error.ctx else ""
        return _refuse(f"{error.format_message()}{where}", error, settings, 2)
    except click.ClickException as error:
        return _refuse(error.format_message(), error, settings, error.exit_code)
    except (ConfigError, PayloadError) as error:
        return _refuse(str(error), error, settings, 2)
    except InventoryError as error:
        return _refuse(str(error), error, settings, 1)
    except Exception as error:  # noqa: BLE001  # a bug is told like an error, unless someone looks for it
        return _refuse(_defect(error), error, settings, 1)


def _defect(error: Exception) -> str:
    if type(error).__module__.startswith("psycopg") and type(error).__name__.startswith(
        "Undefined"
    ):
        return "the database lacks tables that this version needs; run `inventory db migrate`"
    text = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}".removesuffix(": ")
    return f"{text} (this is a defect; --debug shows where)"


def _refuse(message: str, error: BaseException, settings: Settings, status: int) -> int:
    debug = settings.debug or "--debug" in sys.argv
    if debug and not isinstance(error, click.ClickException):
        import traceback

        lines = "".join(traceback.format_exception(error))
        print(_redacted(lines, settings), end="", file=sys.stderr)
    print(f"Error: {_redacted(message, settings)}", file=sys.stderr)
    return status


def _redacted(message: str, settings: Settings) -> str:
    from inventory.logs import Redaction

    known = settings.known_secrets()
    return Redaction(known)(message)
