"""`inventory leak`."""

from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Group, Settings, pass_settings, unknown
from inventory.cli.output import ago, print_json, print_table

if TYPE_CHECKING:
    from inventory.catalog import Catalog

FOUND = """
SELECT l.rule, l.resource_table AS "table", l.resource_name AS name, l.resource_id AS id, l.account,
       l.region, l.reason, l.confidence, l.first_detected_at AS detected, l.resolved_at AS resolved
FROM common_leak AS l
WHERE (%(rule)s::text IS NULL OR l.rule = %(rule)s)
  AND l.rule = ANY(%(rules)s)
  AND (%(account)s::text IS NULL OR l.account = %(account)s)
  AND (%(region)s::text IS NULL OR l.region = %(region)s)
  AND CASE WHEN %(resolved)s THEN l.resolved_at IS NOT NULL
      ELSE l.resolved_at IS NULL AND NOT l.is_withheld END
ORDER BY l.confidence DESC, l.rule, l.account, l.region, l.resource_name, l.resource_id
LIMIT %(limit)s
"""
ASKED = """
SELECT name AS rule, status, open_findings AS found, unjudged, why, evaluated_at AS asked
FROM common_leak_rule
"""


@click.group(cls=Group)
def command() -> None:
    """What was left behind, and which rules say so.

    Examples:
        inventory leak list
        inventory leak rules
    """


def narrowing(function: Any) -> Any:
    """The options that say which leaks are meant."""
    for option in (
        click.option("--rule", help="Only what this rule found."),
        click.option("--source", help="Only resources of one source, such as aws."),
    ):
        function = option(function)
    return function


@command.command("list")
@narrowing
@click.option("--account", help="Only of this account, project or subscription.")
@click.option("--region", help="Only in this region.")
@click.option("--resolved", is_flag=True, help="What was a leak once and is none any more.")
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="At most so many."
)
@pass_settings
def list_leaks(
    settings: Settings,
    rule: str | None,
    source: str | None,
    account: str | None,
    region: str | None,
    *,
    resolved: bool,
    limit: int,
) -> None:
    """List what was left behind, the surest first.

    A rule answers only where it is known who could claim a resource. Those that could not are named
    below the list, with their reasons.

    Examples:
        inventory leak list
        inventory leak list --rule aws-vpc-without-shoot --account 111122223333
        inventory leak list --source gcp --json | jq '.leaks[] | .name'
        inventory leak list --resolved
    """
    names = chosen(settings.catalog, rule, source)
    asked = {"rule": rule, "rules": names, "account": account, "region": region}
    with settings.database() as dsn:
        # One more, to know whether there are others.
        found = select(dsn, FOUND, {**asked, "resolved": resolved, "limit": limit + 1})
        rules = rule_states(dsn, names)
    more, found = len(found) > limit, found[:limit]
    silent = [each for each in rules if each["status"] != "answered"]
    if settings.json:
        withheld = [{key: each[key] for key in ("rule", "status", "why")} for each in silent]
        print_json({"leaks": found, "withheld": withheld})
        return
    if found:
        columns = ["rule", "name", "account", "region", "confidence", "detected"]
        for row in found:
            row["detected"], row["resolved"] = ago(row["detected"]), ago(row["resolved"])
            row["name"] = row["name"] or row["id"]
        print_table(found, [*columns, "resolved"] if resolved else columns)
    else:
        print(nothing(rules, resolved=resolved))
    if more:
        click.echo(f"… the first {limit}; --limit shows more", err=True)
    if not resolved:
        for each in silent:
            print(f"{each['status']}: {each['rule']}: {each['why']}")


@command.command()
@narrowing
@pass_settings
def rules(settings: Settings, rule: str | None, source: str | None) -> None:
    """List the rules: what they found, or why they could not say.

    `answered` rules knew everybody who could claim a resource. `partial` ones left out the resources
    of which that is not known, `unjudged`; `withheld` ones said nothing. Linking asks all rules
    again, and so does `inventory task enqueue common:task:find-leaks`.

    Examples:
        inventory leak rules
        inventory leak rules --source aws
        inventory leak rules --json | jq '.[] | select(.status != "answered")'
    """
    names = chosen(settings.catalog, rule, source)
    with settings.database() as dsn:
        states = rule_states(dsn, names)
    declared = settings.catalog.leaks
    for state in states:
        found = declared[state["rule"]]
        state |= {"model": found.model.registered_name(), "confidence": found.confidence}
        state |= {"reason": found.doc}
    if settings.json:
        print_json(states)
        return
    if not states:
        print("no rule is declared")
        return
    for state in states:
        state["asked"] = ago(state["asked"])
    print_table(states, ["rule", "status", "found", "unjudged", "confidence", "asked", "reason"])
    for state in states:
        if state["why"]:
            print(f"{state['status']}: {state['rule']}: {state['why']}")


def chosen(catalog: "Catalog", rule: str | None, source: str | None) -> list[str]:
    """The names of the rules that are meant. Refuses names that nothing has."""
    if rule and rule not in catalog.leaks:
        unknown(rule, [*catalog.leaks], "leak rule")
    if source and source not in catalog.sources:
        unknown(source, [*catalog.sources], "source")
    return sorted(
        name
        for name, each in catalog.leaks.items()
        if rule in (None, name) and source in (None, each.model.source.key)
    )


def rule_states(dsn: str, names: list[str]) -> list[dict[str, Any]]:
    """Each rule as it was last asked."""
    asked = {row["rule"]: row for row in select(dsn, ASKED, {})}
    never = {
        "status": "never asked",
        "found": None,
        "unjudged": None,
        "why": "linking asks it: run `inventory collect`",
        "asked": None,
    }
    return [asked.get(name) or {"rule": name, **never} for name in names]


def nothing(rules: list[dict[str, Any]], *, resolved: bool) -> str:
    """What an empty list means."""
    if resolved:
        return "no leak like that was resolved yet"
    answered = sum(each["status"] in ("answered", "partial") for each in rules)
    if not answered:
        return "no rule could tell; see below"
    return f"nothing was left behind, say {answered} of {len(rules)} rules"


def select(dsn: str, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    from inventory.db import engine

    with engine.connect(dsn, application="inventory-leak") as db:
        return db.cursor(row_factory=dict_row).execute(query.encode(), parameters).fetchall()
