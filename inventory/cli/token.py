"""`inventory token`."""

import re
from datetime import timedelta
from typing import Any

import click

from inventory.cli.base import Group, Misused, Settings, pass_settings
from inventory.cli.output import print_json, show, text

GLOBS: dict[str, tuple[str, str]] = {
    "source": ("sources", "A whole source, such as aws; again for more."),
    "account": ("accounts", "An account of AWS; `*` and `?` stand for any text."),
    "project": ("projects", "A project of Google Cloud."),
    "subscription": ("subscriptions", "A subscription of Azure."),
    "seed": ("seeds", "A seed of Gardener."),
    "scope": ("scopes", "Any scopes, as SOURCE/SCOPE: aws/111122223333/eu-*"),
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


@click.group(cls=Group)
def command() -> None:
    """Who may ask the API.

    Tokens are kept as hashes in the database, so that every replica knows them at once. Those of
    `api.auth` in the configuration count as well and are not listed here.

    Examples:
        inventory token create dashboards
        inventory token create ci --role operator --expires 90d
        inventory token create team-a --account 111122223333 --project 'team-a-*'
        inventory token list
        inventory token revoke ci
    """


def _restricting(function: Any) -> Any:
    for name, (_, doc) in reversed(GLOBS.items()):
        function = click.option(f"--{name}", multiple=True, metavar="GLOB", help=doc)(function)
    return function


@command.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["viewer", "operator"]),
    default="viewer",
    show_default=True,
    help="A viewer reads, an operator also starts tasks.",
)
@click.option("--expires", metavar="DURATION", help="When it ends by itself, such as 90d.")
@_restricting
@pass_settings
def create(
    settings: Settings, /, name: str, role: str, expires: str | None, **globs: tuple[str, ...]
) -> None:
    """Make a token, and print it. It is shown this once.

    With --source, --account and their like its holder sees nothing else: a source as a whole, unless
    parts of it are named too.

    Examples:
        inventory token create dashboards
        inventory token create ci --role operator --expires 90d
        inventory token create team-a --account 111122223333 --seed 'aws-*'
        inventory token create audit --source g --json
    """
    restriction = _restriction(settings, role, globs)
    if not NAME.fullmatch(name):
        raise Misused(f"{name!r} cannot be a token's name; use letters, digits and . _ @ -")
    expires_in = _expiry(expires)
    from inventory.cli.recording import user
    from inventory.db import engine, tokens

    with settings.database() as dsn, engine.connect(dsn) as db:
        made = tokens.create(db, name, role, restriction, by=user(), expires_in=expires_in)
    if settings.json:
        print_json({"name": name, "role": role, "token": made.token, "expires_at": made.expires_at})
        return
    print(made.token)
    until = f"until {text(made.expires_at)}" if made.expires_at else "until it is revoked"
    _tell(f"{name} is {_article(role)}, {until}. The token is not shown again.")
    _tell(f"Send it as: Authorization: Bearer {made.token[: tokens.SHOWN]}…")
    if not settings.config.api.auth.is_set:
        _tell(
            "The API asks nobody for a token yet: set `stored: true` below api.auth, and restart it."
        )


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Those that were revoked, too.")
@pass_settings
def list_(settings: Settings, every: bool) -> None:
    """List tokens: who has which role, what they see, and when they were last used.

    Examples:
        inventory token list
        inventory token list --all --json
    """
    from inventory.db import engine, tokens

    with settings.database() as dsn, engine.connect(dsn) as db:
        rows = tokens.listed(db, revoked=every)
    columns = ["name", "status", "role", "sees", "starts_with", "created_at", "created_by"]
    columns += ["expires_at", "last_used_at", *(["revoked_at"] if every else [])]
    for row in rows:
        row["sees"] = row["restriction"] if settings.json else _seen(row["restriction"])
    show(
        settings,
        rows,
        columns,
        empty="There is no token yet; `inventory token create NAME` makes one.",
    )


@command.command()
@click.argument("name")
@pass_settings
def revoke(settings: Settings, name: str) -> None:
    """End a token. Every replica refuses it within seconds.

    Examples:
        inventory token revoke ci
        inventory token revoke team-a --json
    """
    from inventory.db import engine, tokens

    with settings.database() as dsn, engine.connect(dsn) as db:
        if not tokens.revoke(db, name):
            known = [row["name"] for row in tokens.listed(db)]
            there = f"there are {', '.join(known)}" if known else "there is none"
            raise Misused(f"no token is named {name!r}; {there}")
    if settings.json:
        print_json({"name": name, "revoked": True})
    else:
        print(f"{name} is revoked; replicas that know it refuse it within seconds.")


def _restriction(settings: Settings, role: str, globs: dict[str, tuple[str, ...]]) -> Any:
    from inventory.core.access import Restriction

    given = {GLOBS[option][0]: values for option, values in globs.items() if values}
    if not given:
        return None
    if role != "viewer":
        raise Misused(
            "an operator sees and does everything; --source, --account and their like need --role viewer"
        )
    for scope in given.get("scopes", ()):
        if not all(scope.partition("/")):
            raise Misused(f"--scope {scope}: write SOURCE/SCOPE, such as aws/111122223333/eu-*")
    if any(not value for values in given.values() for value in values):
        raise Misused("an empty text matches nothing; write a name, or * for all")
    found = Restriction(**given)
    sources = settings.catalog.sources
    unknown = found.named_sources() - {*sources}
    if unknown:
        raise Misused(
            f"no source is named {', '.join(sorted(unknown))}; there are {', '.join(sorted(sources))}"
        )
    return found


def _expiry(expires: str | None) -> timedelta | None:
    from inventory.core import duration

    if expires is None:
        return None
    found = duration.parse(expires)
    if found <= timedelta():
        raise Misused("--expires 0 would end it at once; write such as 90d")
    return found


def _seen(restriction: dict[str, list[str]] | None) -> str:
    if restriction is None:
        return "everything"
    kinds = [kind for kind, _ in GLOBS.values() if kind in restriction]
    return "; ".join(f"{kind} {', '.join(restriction[kind])}" for kind in kinds)


def _article(role: str) -> str:
    return f"an {role}" if role == "operator" else f"a {role}"


def _tell(line: str) -> None:
    click.echo(line, err=True)
