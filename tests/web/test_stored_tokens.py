"""Tokens that are kept in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import asyncio

import httpx
import psycopg
import pytest

from inventory.core.access import Caller, Restriction
from inventory.db import tokens
from inventory.errors import DatabaseError, PayloadError
from inventory.web import stored_tokens
from inventory.web.stored_tokens import StoredTokens
from tests.web.serving import serving

Db = psycopg.Connection[Any]


@pytest.fixture
def clean(db: Db) -> Db:
    db.execute("DELETE FROM common_token")
    return db


class Asked:
    """A database that counts, and may be away."""

    def __init__(self, db: Db) -> None:
        self.db, self.statements, self.is_away = db, 0, False

    async def fetch(self, statement: str, given: Mapping[str, Any]) -> list[Any]:
        self.statements += 1
        if self.is_away:
            raise DatabaseError("away")
        return self.db.execute(statement.encode(), given).fetchall()


def make(db: Db, name: str = "ci", role: str = "viewer", **more: Any) -> str:
    restriction = more.pop("restriction", None)
    return tokens.create(db, name, role, restriction, by="me", **more).token


async def test_a_token_is_its_caller_and_only_its_hash_is_kept(clean: Db) -> None:
    part = Restriction(sources=("g",), accounts=("1*",))
    plain, ops = make(clean, restriction=part), make(clean, "ops", "operator")
    known = StoredTokens(Asked(clean).fetch)

    assert await known.caller(plain) == Caller("ci", "viewer", part)
    assert await known.caller(ops) == Caller("ops", "operator")
    assert (len(plain), plain[:4]) == (47, "inv_")
    kept = clean.execute("SELECT t::text FROM common_token t").fetchall()
    assert not any(plain[8:] in row or ops[8:] in row for (row,) in kept)


@pytest.mark.parametrize("token", ["", "inv_", "inv_" + "x" * 43, "x", "inv_\0", "inv_é"])
async def test_other_tokens_are_nobodys(clean: Db, token: str) -> None:
    make(clean)

    assert await StoredTokens(Asked(clean).fetch).caller(token) is None


async def test_unknown_tokens_cost_no_statement_each(clean: Db) -> None:
    asked = Asked(clean)
    known = StoredTokens(asked.fetch)

    found = await asyncio.gather(*(known.caller(f"inv_{number}") for number in range(500)))

    assert set(found) == {None}
    assert asked.statements <= 2


async def test_one_that_was_just_made_is_known_soon_and_one_that_was_revoked_is_not(
    clean: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = StoredTokens(Asked(clean).fetch)
    assert await known.caller("inv_other") is None
    token = make(clean)
    monkeypatch.setattr(stored_tokens, "AGAIN", 0.0)
    assert await known.caller(token) == Caller("ci", "viewer")

    assert tokens.revoke(clean, "ci")
    assert not tokens.revoke(clean, "ci")
    monkeypatch.setattr(stored_tokens, "FRESH", 0.0)
    assert await known.caller(token) is None
    assert make(clean) != token  # the name is free again


async def test_one_that_ends_is_refused_from_that_moment(clean: Db) -> None:
    token = make(clean, expires_in=timedelta(hours=1))
    known = StoredTokens(Asked(clean).fetch)
    assert await known.caller(token) is not None

    # What is in memory must not outlive it either.
    (stored,) = known._known.values()
    object.__setattr__(stored, "expires_at", stored.expires_at - timedelta(hours=2))  # type: ignore[operator]
    assert await known.caller(token) is None

    clean.execute("UPDATE common_token SET expires_at = now() - interval '1 second'")
    assert await StoredTokens(Asked(clean).fetch).caller(token) is None


async def test_its_use_is_written_down_for_all_at_once(clean: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    token = make(clean)
    asked = Asked(clean)
    known = StoredTokens(asked.fetch)
    for _ in range(10):
        await known.caller(token)
    assert asked.statements == 1

    await known.close()

    (used,) = clean.execute("SELECT last_used_at FROM common_token").fetchone() or (None,)
    assert used is not None


async def test_without_the_database_nobody_is_let_in(clean: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    token = make(clean)
    asked = Asked(clean)
    known = StoredTokens(asked.fetch)
    assert await known.caller(token) is not None
    asked.is_away = True
    monkeypatch.setattr(stored_tokens, "FRESH", 0.0)

    with pytest.raises(DatabaseError):
        await known.caller(token)


async def test_what_another_version_stored_lets_nobody_in(clean: Db) -> None:
    token = make(clean, restriction=Restriction(sources=("aws",)))
    for spoilt in ('{"planets": ["mars"]}', '{"sources": 5}'):
        clean.execute("UPDATE common_token SET restriction = %s::jsonb", (spoilt,))
        assert await StoredTokens(Asked(clean).fetch).caller(token) is None


def test_a_name_is_taken_once(clean: Db) -> None:
    make(clean)

    with pytest.raises(PayloadError, match="'ci' already; revoke it"):
        make(clean)


# -- over HTTP --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, auth={"stored": True}) as found:
        yield found


def ask(url: str, token: str, query: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{url}/graphql", json={"query": query}, headers=headers)


def test_stored_tokens_alone_close_the_door(url: str, clean: Db) -> None:
    token = make(clean)

    assert ask(url, "", "{ __typename }").status_code == 401
    assert ask(url, "inv_x", "{ __typename }").status_code == 401
    assert ask(url, token, "{ awsVpcs { totalCount } }").status_code == 200


def test_operators_see_tokens_without_their_hashes_and_viewers_see_none(url: str, clean: Db) -> None:
    viewer, operator = make(clean, "eve"), make(clean, "ops", "operator")
    query = "{ commonTokens(orderBy: [{name: ASC}]) { totalCount nodes { id name role startsWith } } }"

    seen = ask(url, operator, query).json()["data"]["commonTokens"]
    hidden = ask(url, viewer, query).json()["data"]["commonTokens"]

    assert [node["name"] for node in seen["nodes"]] == ["eve", "ops"]
    assert hidden == {"totalCount": 0, "nodes": []}
    one = f'{{ node(id: "{seen["nodes"][0]["id"]}") {{ id }} }}'
    assert ask(url, viewer, one).json() == {"data": {"node": None}}
    assert ask(url, operator, "{ commonTokens { nodes { sha256 } } }").json()["errors"][0]["message"].startswith("Cannot query field 'sha256'")  # fmt: skip
    rest = httpx.get(f"{url}/api/v1/common_token", headers={"authorization": f"Bearer {operator}"})
    assert rest.status_code == 200
    assert "sha256" not in rest.text
    assert tokens.digest(viewer).hex() not in rest.text
