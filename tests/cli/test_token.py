"""`inventory token` and `inventory audit`."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from inventory.cli.recording import CHANGING
from inventory.db import tokens
from tests.cli.conftest import Inventory
from tests.cli.test_help import EVERY


@pytest.fixture(autouse=True)
def clean(db: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    db.execute("DELETE FROM common_token")
    db.execute("DELETE FROM common_audit_event")
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.delenv("SUDO_USER", raising=False)


def test_a_token_is_shown_once_listed_and_revoked(placed: Inventory) -> None:
    made = placed(
        "token", "create", "team-a", "--account", "1111*", "--seed", "aws-eu1", "--expires", "90d"
    )

    token = made.out.strip()
    assert token.startswith(tokens.PREFIX)
    assert "not shown again" in made.err
    assert "asks nobody" in made.err
    (listed,) = placed("token", "list", "--json").json
    assert (listed["name"], listed["status"], listed["role"]) == ("team-a", "active", "viewer")
    assert listed["sees"] == {"accounts": ["1111*"], "seeds": ["aws-eu1"]}
    assert (listed["starts_with"], listed["created_by"]) == (token[: tokens.SHOWN], "ada")
    assert listed["expires_at"] > listed["created_at"]
    table = placed("token", "list").out
    assert "accounts 1111*; seeds aws-eu1" in table
    assert token not in table + placed("token", "list", "--all", "--json").out

    assert "revoked" in placed("token", "revoke", "team-a").out
    assert "no token yet" in placed("token", "list").out
    assert placed("token", "list", "--all", "--json").json[0]["status"] == "revoked"


def test_programs_get_json(placed: Inventory) -> None:
    made = placed("token", "create", "ci", "--role", "operator", "--json").json

    assert made.keys() == {"name", "role", "token", "expires_at"}
    assert placed("token", "revoke", "ci", "--json").json == {"name": "ci", "revoked": True}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["create", "x", "--role", "operator", "--source", "aws"], "need --role viewer"),
        (["create", "x", "--scope", "aws"], "SOURCE/SCOPE"),
        (["create", "x", "--source", "ibm"], "no source is named ibm; there are aws"),
        (["create", "x", "--account", ""], "matches nothing"),
        (["create", "x", "--expires", "soon"], "not a duration"),
        (["create", "x", "--expires", "0s"], "end it at once"),
        (["create", "a b"], "cannot be a token's name"),
        (["revoke", "nobody"], "no token is named 'nobody'; there is none"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(
    placed: Inventory, words: list[str], wanted: str
) -> None:
    found = placed("token", *words)

    assert (found.status, found.out) == (2, "")
    assert wanted in found.err


def test_commands_that_change_something_are_recorded(placed: Inventory) -> None:
    placed("token", "create", "ci")
    placed("token", "create", "ci")
    placed("task", "enqueue", "common:task:link-all")
    placed("token", "list")

    events = placed("audit", "list", "--json").json
    assert [(e["actor"], e["via"], e["action"], e["outcome"]) for e in events] == [
        ("ada", "cli", "task enqueue", "done"),
        ("ada", "cli", "token create", "failed"),
        ("ada", "cli", "token create", "done"),
    ]
    assert events[1]["code"] == "PAYLOAD_INVALID"
    assert events[2]["arguments"] == {"name": "ci", "role": "viewer"}
    assert [
        e["outcome"] for e in placed("audit", "list", "--outcome", "failed", "--json").json
    ] == ["failed"]
    assert "token create" in placed("audit", "list", "--actor", "ada", "--since", "1h").out
    assert placed("audit", "list", "--actor", "bob").out.startswith("Nobody tried")


READING = {"list", "inspect", "registered", "watch", "jobs", "start", "ping"}


def test_every_command_about_work_either_reads_or_is_recorded() -> None:
    """A new verb has to be named in one of the two places."""
    nouns = {"task", "queue", "worker", "scheduler", "token", "audit"}
    unknown = [
        " ".join(path[1:])
        for path in EVERY
        if len(path) == 3
        and path[1] in nouns
        and path[2] not in READING
        and " ".join(path[1:]) not in CHANGING
    ]

    assert unknown == []
