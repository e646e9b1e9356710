"""What is known of those who could claim a resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects import postgresql

from inventory.core.duration import spell
from inventory.core.leak import LeakRule, Owner
from inventory.db.engine import Connection

FAILING = ("failed", "incomplete", "suspicious")
SHOWN = 3


@dataclass(frozen=True)
class Knowledge:
    """The scopes of owners that are known, and what is not known for lack of others."""

    scopes: tuple[tuple[int, str], ...] = ()
    """The position of an owner in its rule, and the name of a scope that was listed of late."""
    withheld: str | None = None
    """Why nothing can be said."""
    partly: str | None = None
    """Why something cannot be said of some."""
    missing: str | None = None
    """Why some findings may be left out."""


def owner_side(db: Connection, rule: LeakRule, max_age: timedelta) -> Knowledge:
    """Whether it is known who claims what a rule looks at."""
    known: list[tuple[int, str]] = []
    gaps: list[str] = []
    missing: list[str] = []
    for number, owner in enumerate(rule.owners):
        scopes, unknown, rows = _scopes(db, owner, max_age)
        name = owner.model.registered_name()
        if not scopes and not unknown:
            why = f"{name} was never collected, so nobody knows what is claimed; collect it first"
            return Knowledge(withheld=why)
        if owner.is_evidence:
            missing += unknown
            continue
        if owner.near is None and unknown:
            return Knowledge(withheld=_together(unknown))
        if not scopes:
            return Knowledge(withheld=_together(unknown))
        if not rows and not owner.may_be_empty:
            why = f"{name} is empty everywhere, which rather means that something is wrong with it"
            return Knowledge(withheld=why)
        known += [(number, scope) for scope in scopes]
        gaps += unknown
    return Knowledge(
        tuple(known),
        partly=_together(gaps) if gaps else None,
        missing=_together(missing) if missing else None,
    )


def waiting_links(db: Connection, rule: LeakRule) -> tuple[str | None, str | None]:
    """Why the links that a rule reads are not up to date: they soon will be, or something is wrong."""
    wanted = rule.links()
    rows = db.execute(
        "SELECT name, requested_at, reconciled_at, error FROM common_link WHERE name = ANY(%s)",
        (list(wanted),),
    ).fetchall()
    made = {name for name, _, reconciled, error in rows if reconciled and not error}
    waiting = sorted(name for name, requested, *_ in rows if requested)
    broken = [f"{name} failed: {error}" for name, _, _, error in rows if error]
    missing = [name for name in wanted if name not in made]
    never = None
    if broken:
        never = f"link {broken[0]}"
    elif missing:
        never = f"link {missing[0]} was never brought up to date; run common:task:link-all"
    return (f"link {waiting[0]} is not up to date yet" if waiting else None), never


def _scopes(db: Connection, owner: Owner, max_age: timedelta) -> tuple[list[str], list[str], int]:
    """The scopes that are known, why the others are not, and how many rows there are."""
    name = owner.model.registered_name()
    found = db.execute(
        "SELECT scope, status, last_complete_at, last_complete_at < now() - %s, rows_seen, error"
        " FROM common_scope WHERE model = %s ORDER BY scope",
        (max_age, name),
    ).fetchall()
    expected = _expected(db, owner)
    good, unknown, rows = [], [], 0
    failed = [scope for scope, status, *_ in found if status in FAILING]
    for scope, status, complete, stale, seen, error in found:
        if expected is not None and scope not in expected:
            continue
        rows += seen or 0
        if complete is None or status in FAILING:
            unknown.append(f"{name} {scope} could not be listed completely: {error or status}")
        elif any(scope.startswith(f"{other}/") for other in failed):
            unknown.append(f"{name} {scope} could not even be asked for")
        elif stale:
            unknown.append(
                f"{name} {scope} was last listed at {complete:%Y-%m-%d %H:%M} UTC, longer ago than "
                f"{spell(max_age)}; collect it again"
            )
        else:
            good.append(scope)
    listed = {scope for scope, *_ in found}
    unknown += [
        f"{name} {scope} was never collected" for scope in expected or () if scope not in listed
    ]
    return good, unknown, rows


def _expected(db: Connection, owner: Owner) -> list[str] | None:
    if owner.expected is None:
        return None
    query = owner.expected().compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    names: list[Any] = db.execute(str(query).encode()).fetchall()
    return sorted(name for (name,) in names if name)


def _together(reasons: list[str]) -> str:
    more = len(reasons) - SHOWN
    text = "; ".join(reasons[:SHOWN])
    return f"{text}; and {more} more" if more > 0 else text
