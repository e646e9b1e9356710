"""What commands are made of: options that work anywhere, examples in every help, errors of one line."""

import contextlib
import difflib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.cli.recording import Doing
    from inventory.config import Config


WORKER_THREAD = "worker"
"""The thread of a worker inside a command; it must not be waited for when the command is done."""


class Failed(click.ClickException):
    """What was asked for did not work. Exit status 1."""

    exit_code = 1


class Misused(click.ClickException):
    """It was asked for in a way that cannot work. Exit status 2."""

    exit_code = 2


@dataclass
class Settings:
    """What the options say that every command has."""

    paths: list[str] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    debug: bool = False
    json: bool = False
    doing: "Doing | None" = None
    """The command that runs."""
    _config: "Config | None" = None

    @property
    def config(self) -> "Config":
        """The configuration, read on first use; logging is set up with it."""
        if self._config is None:
            self._config = self.read()
        return self._config

    def read(self) -> "Config":
        from inventory import logs
        from inventory.config import load

        overrides = self.overrides | ({"debug": True} if self.debug else {})
        config = load(self.paths, overrides=overrides)
        logs.set_up(config.logging, secrets=config.secrets(), debug=config.debug)
        return config

    def known_secrets(self) -> frozenset[str]:
        """What must not be printed, as far as it was read."""
        return self._config.secrets() if self._config else frozenset()

    @property
    def catalog(self) -> "Catalog":
        """Every declaration."""
        from inventory.catalog import Catalog

        return Catalog.load()

    @contextlib.contextmanager
    def servers(self, *, database: bool = True, redis: bool = True) -> "Iterator[Config]":
        """The configuration with addresses for both servers: embedded ones run meanwhile where none is configured."""
        from inventory.cli.recording import recording

        with connected(self.config, database=database, redis=redis) as config:
            dsn = str(config.database.dsn) if database else None
            with recording(self.doing, dsn):
                yield config

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The address of the database."""
        with self.servers(redis=False) as config:
            yield str(config.database.dsn)


@contextlib.contextmanager
def connected(config: "Config", *, database: bool = True, redis: bool = True) -> "Iterator[Config]":
    """Start or join embedded servers for what has no address in the configuration."""
    own_database = database and config.database.dsn is None
    own_redis = redis and config.redis.endpoint is None
    if not own_database and not own_redis:
        yield config
        return
    from inventory.config import Dsn, RedisEndpoint
    from inventory.embedded import services

    with services(config.home, postgres=own_database, redis=own_redis) as running:
        sections: dict[str, Any] = {}
        if running.dsn:
            sections["database"] = config.database.model_copy(update={"dsn": Dsn(running.dsn)})
        if running.redis_url:
            endpoint = RedisEndpoint(running.redis_url)
            sections["redis"] = config.redis.model_copy(update={"endpoint": endpoint})
        yield config.model_copy(update=sections)


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _settings(context: click.Context) -> Settings:
    return context.ensure_object(Settings)


def _store(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Take an option wherever it stands, before or after the command's name."""
    settings = _settings(context)
    match option.name:
        case "config":
            settings.paths += value
        case "database_uri" if value:
            settings.overrides["database.dsn"] = value
        case "redis_endpoint" if value:
            settings.overrides["redis.endpoint"] = value
        case "debug" if value:
            settings.debug = True
        case "json_output" if value:
            settings.json = True
        case "output" if value:
            settings.json = value == "json"


def _words(context: click.Context) -> str:
    """The command without the program's name: `task enqueue`."""
    names: list[str] = []
    found: click.Context | None = context
    while found is not None and found.parent is not None:
        names.insert(0, found.info_name or "")
        found = found.parent
    return " ".join(names)


def common_options(*, hidden: bool) -> list[click.Parameter]:
    """The options that every command takes; listed in the help of `inventory` alone."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _store, "hidden": hidden}
    return [
        click.Option(
            ["--config", "--file"],
            multiple=True,
            metavar="FILE",
            help="A configuration file; again for more, the later counts. Or INVENTORY_CONFIG.",
            **shared,
        ),
        click.Option(
            ["--database-uri"], metavar="URI", help="PostgreSQL, instead of database.dsn.", **shared
        ),
        click.Option(
            ["--redis-endpoint"],
            metavar="ADDRESS",
            help="Redis, instead of redis.endpoint.",
            **shared,
        ),
        click.Option(
            ["--json", "json_output"], is_flag=True, help="Print JSON, for programs.", **shared
        ),
        click.Option(
            ["--output"], type=click.Choice(["table", "json"]), help="The same, by name.", **shared
        ),
        click.Option(
            ["--debug"], is_flag=True, help="Log more, and show stack traces of errors.", **shared
        ),
    ]


class _Taught:
    """Help that ends with examples: the part of a docstring after `Examples:`."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        examples = getattr(self, "examples", "")
        if examples:
            with formatter.section("Examples"):
                formatter.write(
                    "".join(f"  {line}\n" if line else "\n" for line in examples.splitlines())
                )
        if context.parent is not None:
            formatter.write_paragraph()
            formatter.write_text(
                "--config, --database-uri, --redis-endpoint, --json and --debug work everywhere; "
                "see `inventory --help`."
            )


def split_help(text: str | None) -> tuple[str, str]:
    """Cut the examples off a docstring."""
    import inspect

    body, _, examples = inspect.cleandoc(text or "").partition("Examples:\n")
    lines = [line.removeprefix("    ") for line in examples.rstrip().splitlines()]
    return body.strip(), "\n".join(lines)


class Command(_Taught, click.Command):
    """A command with examples."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["help"], self.examples = split_help(kwargs.get("help"))
        kwargs["params"] = [*(kwargs.get("params") or []), *common_options(hidden=True)]
        super().__init__(*args, **kwargs)

    def invoke(self, context: click.Context) -> Any:
        from inventory.cli.recording import Doing

        _settings(context).doing = Doing(_words(context), context.params)
        return super().invoke(context)


class Group(_Taught, click.Group):
    """Commands about one noun."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["help"], self.examples = split_help(kwargs.get("help"))
        kwargs["params"] = [*(kwargs.get("params") or []), *common_options(hidden=True)]
        super().__init__(*args, **kwargs)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            found = self.commands.items()
            formatter.write_dl([(name, command.get_short_help_str(200)) for name, command in found])

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError:
            unknown(args[0], self.list_commands(context), "command")


class LazyGroup(Group):
    """Commands that are imported when they are used: name → (module, what it does)."""

    def __init__(
        self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy or {})

    def list_commands(self, context: click.Context) -> list[str]:
        return [*self.lazy]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.lazy:
            return None
        found: click.Command = importlib.import_module(self.lazy[name][0]).command
        return found

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.lazy.items()])


def unknown(name: str, known: "list[str]", kind: str) -> NoReturn:
    """Refuse a name, with those that are like it."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = (
        f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(sorted(known))}"
    )
    raise Misused(f"no {kind} is named {name!r}; {hint}")
