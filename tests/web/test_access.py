"""Who may do what: tokens, viewers, operators."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import ValidationError

from inventory.config.api import AuthConfig
from inventory.core.access import ANYONE, Caller
from inventory.db.store import store
from inventory.errors import ConfigError
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.aws.scopes import RegionScope
from inventory.web.access import Gate
from inventory.web.strangers import Strangers
from tests.make import make
from tests.web.serving import serving

VIEWER, OPERATOR = "v" * 32, "o" * 32
TOKENS = [
    {"name": "ops", "role": "operator", "sha256": hashlib.sha256(OPERATOR.encode()).hexdigest()},
    {"name": "eve", "token": VIEWER},
]
ENQUEUE = 'mutation { enqueueTask(input: {task: "common:task:link-all"}) { run { id } } }'


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with serving(database, redis_url, auth={"tokens": TOKENS}) as found:
        yield found


def ask(url: str, text: str, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"authorization": authorization}
    return httpx.post(f"{url}/graphql", json={"query": text}, headers=headers)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        VIEWER,
        f"Basic {VIEWER}",
        f"Bearer {VIEWER}x",
        f"Bearer {VIEWER[:-1]}",
        f"Bearer {TOKENS[0]['sha256']}",
        f"Bearer {VIEWER},{OPERATOR}",
    ],
)
def test_strangers_are_asked_who_they_are(url: str, authorization: str | None) -> None:
    answer = ask(url, "{ __typename }", authorization)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    found = answer.json()
    assert set(found) == {"errors"}
    assert found["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert VIEWER not in answer.text


@pytest.mark.parametrize("token", [VIEWER, OPERATOR])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_those_who_are_known_may_read(url: str, scheme: str, token: str) -> None:
    answer = ask(url, "{ commonRuns { totalCount } }", f"{scheme} {token}")

    assert answer.json()["data"]["commonRuns"]["totalCount"] >= 0


def test_viewers_may_not_run_tasks(url: str) -> None:
    answer = ask(url, ENQUEUE, f"Bearer {VIEWER}")

    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "eve" in error["message"]
    runs = ask(url, "{ commonRuns { totalCount } }", f"Bearer {VIEWER}").json()
    assert runs == {"data": {"commonRuns": {"totalCount": 0}}}


def test_viewers_are_forbidden_before_their_input_is_looked_at(url: str) -> None:
    for payload in ("[1]", "5", '{a: "x"}'):
        text = f'mutation {{ enqueueTask(input: {{task: "x", payload: {payload}}}) {{ run {{ id }} }} }}'
        answer = ask(url, text, f"Bearer {VIEWER}")
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_operators_may_run_tasks(url: str) -> None:
    answer = ask(url, ENQUEUE, f"Bearer {OPERATOR}")

    assert answer.json()["data"]["enqueueTask"]["run"]["id"].startswith("common_run:")


async def test_every_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, Any]] = []
    real = hmac.compare_digest

    def watched(left: bytes, right: bytes) -> bool:
        seen.append((left, right))
        return real(left, right)

    gate = Gate.of(AuthConfig.model_validate({"tokens": TOKENS}))
    monkeypatch.setattr("inventory.web.access.hmac.compare_digest", watched)

    assert await gate.caller(f"Bearer {OPERATOR}") == Caller("ops", "operator")
    assert await gate.caller("Bearer nobody") is None
    assert len(seen) == 4
    assert all(len(left) == len(right) == 32 for left, right in seen)


async def test_a_token_file_adds_tokens(tmp_path: Path) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(f"- {{name: bot, role: operator, token: {OPERATOR}}}\n")

    gate = Gate.of(AuthConfig.model_validate({"token_file": str(file)}))

    assert await gate.caller(f"Bearer {OPERATOR}") == Caller("bot", "operator")
    assert await gate.caller("") is None


@pytest.mark.parametrize("content", ["", "[]", "# nobody yet\n", "null"])
def test_a_token_file_without_a_token_opens_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(content)

    with pytest.raises(ConfigError, match="holds no token"):
        Gate.of(AuthConfig.model_validate({"token_file": str(file)}))


@pytest.mark.parametrize(
    "content",
    [
        "5",
        "{",
        "text",
        "- 5",
        "- {name: a}",
        "- {name: a, token: s3cret-secret, role: root}",
        "a: b",
    ],
)
def test_a_token_file_that_cannot_be_used_is_named_without_its_secrets(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(content)

    with pytest.raises(ConfigError, match=r"token_file: .*/tokens\.yaml") as caught:
        Gate.of(AuthConfig.model_validate({"token_file": str(file)}))
    assert "s3cret" not in str(caught.value)


def test_who_is_not_let_in_is_logged_without_what_they_sent(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = Strangers()

    for _ in range(5):
        strangers.came("192.0.2.1", with_token=True)
    strangers.came("192.0.2.2", with_token=False)
    monkeypatch.setattr("inventory.web.strangers.QUIET", 0.0)
    strangers.came("192.0.2.1", with_token=True)

    told = [(r.address, r.reason, r.attempts) for r in caplog.records]  # type: ignore[attr-defined]
    assert told == [
        ("192.0.2.1", "unknown token", 1),
        ("192.0.2.2", "no token", 1),
        ("192.0.2.1", "unknown token", 5),
    ]
    assert strangers.total == 7


def test_a_restricted_token_shows_its_part_over_http(database: str, redis_url: str) -> None:
    seen, hidden = "vpc-seen", "vpc-hidden"
    with psycopg.connect(database, autocommit=True) as db:
        for account, vpc in (("111122223333", seen), ("444455556666", hidden)):
            scope = RegionScope(account, "eu-central-1")
            store(db, [Vpc], scope, [make(Vpc, account_id=account, vpc_id=vpc)])
        db.execute(
            "INSERT INTO common_leak (rule, resource_id, resource_table, reason, confidence,"
            " first_detected_at) SELECT 'aws-vpc-idle', id, 'aws_vpc', 'why', 0.9, now() FROM aws_vpc"
        )
        ids: dict[str, str] = dict(db.execute("SELECT vpc_id, 'aws_vpc:' || id FROM aws_vpc").fetchall())
    tokens = [
        {"name": "part", "token": VIEWER, "restrict": {"accounts": ["1111*"]}},
        {"name": "all", "token": "a" * 32},
    ]

    with serving(database, redis_url, auth={"tokens": tokens}) as url:
        found = [
            ask(url, "{ awsVpcs { totalCount nodes { vpcId } } commonRuns { totalCount } leaks { totalCount } commonLeakRules { totalCount } }", f"Bearer {token}").json()
            for token in (VIEWER, "a" * 32, VIEWER)
        ]

        rows = [
            httpx.get(f"{url}/api/v1/{path}", headers={"authorization": f"Bearer {VIEWER}"})
            for path in ("aws_vpc?count=true", "aws_vpc.csv", "aws_vpc.ndjson", f"aws_vpc/{ids[hidden]}")
        ]
        gone = f"{ids[hidden][:-12]}{'0' * 12}"
        nothing = httpx.get(
            f"{url}/api/v1/aws_vpc/{gone}", headers={"authorization": f"Bearer {VIEWER}"}
        )

    assert all(hidden not in row.text for row in rows)
    assert [seen in row.text for row in rows] == [True, True, True, False]
    assert rows[3].status_code == nothing.status_code == 404
    assert rows[3].text.replace(ids[hidden], gone) == nothing.text
    assert [each["data"]["leaks"]["totalCount"] for each in found] == [1, 2, 1]
    vpcs = [each["data"]["awsVpcs"] for each in found]
    assert [each["totalCount"] for each in vpcs] == [1, 2, 1]
    assert vpcs[0]["nodes"] == [{"vpcId": seen}]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "{url}"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://inventory.example", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_pages_of_elsewhere_may_not_ask(url: str, headers: dict[str, str], status: int) -> None:
    given = {name: value.replace("{url}", url) for name, value in headers.items()}
    given["authorization"] = f"Bearer {VIEWER}"

    answer = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"}, headers=given)

    assert answer.status_code == status
    if status == 403:
        assert "api.origins" in answer.json()["errors"][0]["message"]
    assert httpx.get(f"{url}/graphql?query={{__typename}}", headers=given).status_code == 200


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ({"role": "operator", "restrict": {"sources": ["aws"]}}, "operator cannot be restricted"),
        ({"restrict": {}}, "names nothing"),
        ({"restrict": {"scopes": ["aws"]}}, "source/scope is expected"),
        ({"restrict": {"sauces": ["aws"]}}, "sauces"),
        ({"restrict": {"accounts": [""]}}, "accounts"),
    ],
)
def test_a_restriction_that_makes_no_sense_is_refused(token: dict[str, Any], wanted: str) -> None:
    with pytest.raises(ValidationError, match=wanted):
        AuthConfig.model_validate({"tokens": [{"name": "a", "token": VIEWER, **token}]})


def test_a_restriction_to_a_source_that_is_none_is_refused() -> None:
    tokens = [{"name": "a", "token": VIEWER, "restrict": {"scopes": ["ibm/*"]}}]

    with pytest.raises(ConfigError, match=r"'a' is restricted to a part of 'ibm'.*aws, g"):
        Gate.of(AuthConfig.model_validate({"tokens": tokens}), ["g", "aws"])


async def test_without_tokens_everyone_may_do_everything() -> None:
    assert await Gate.of(AuthConfig()).caller("") is ANYONE
