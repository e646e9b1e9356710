"""AWS's bad days, over HTTP: what fails alone, and what the message says."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from inventory.core.scope import Scope
from inventory.errors import (
    AccessDenied,
    BadAnswer,
    PayloadError,
    SourceError,
    Throttled,
    Unavailable,
)
from inventory.simulator.hosting import Running
from inventory.sources.aws.client import AwsClient, Patience
from inventory.sources.aws.scopes import AccountScope, RegionScope
from inventory.sources.aws.tasks.region import collect_regions
from inventory.sources.aws.tasks.vpc import collect_vpcs
from tests.sources.conftest import Configure
from tests.sources.reading import collect, split

HASTE = Patience(connect=1, read=0.5, attempts=2)
PLACE = RegionScope("111122223333", "eu-central-1")
VPCS = "ec2:DescribeVpcs@111122223333/eu-central-1"


def client_of(configured: Configure, patience: Patience = HASTE, **aws: Any) -> AwsClient:
    return AwsClient(configured(aws=aws).aws, patience)


def failure(client: AwsClient, scope: Scope = PLACE) -> SourceError:
    with pytest.raises(SourceError) as caught:
        collect(client, collect_vpcs, scope)
    return caught.value


def test_every_enabled_region_of_every_account_is_a_scope(configured: Configure) -> None:
    client = client_of(configured)

    accounts, _ = split(client, AccountScope)
    regions, failed = split(client, RegionScope)

    assert accounts == ["111122223333", "444455556666", "777788889999"]
    assert len(regions) == 12
    assert regions[0] == "111122223333/eu-central-1"
    assert failed == {}


def test_an_excluded_region_is_neither_a_scope_nor_a_row_nor_opened(configured: Configure) -> None:
    client = client_of(configured, excluded_regions=["eu-west-1"])

    regions, _ = split(client, RegionScope)
    rows = collect(client, collect_regions, AccountScope("111122223333"))

    assert [name for name in regions if "eu-west-1" in name] == []
    assert [row["name"] for row in rows if row["name"] == "eu-west-1"] == []
    with (
        pytest.raises(PayloadError, match=r"aws\.excluded_regions"),
        client.open(RegionScope("111122223333", "eu-west-1")),
    ):
        pass


def test_a_bad_credential_fails_alone(configured: Configure) -> None:
    bad = {"token_retriever": "static", "access_key_id": "AKIA000000000000"}
    settings = configured().model_dump()["aws"]
    names = [*settings["services"]["ec2"]["use_credentials"], "closed"]
    credentials = {
        name: {"token_retriever": "static", "access_key_id": f"AKIA{name.removeprefix('account-')}"}
        for name in names[:-1]
    } | {"closed": bad}
    for each in credentials.values():
        each["secret_access_key"] = "not-a-secret"
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["closed", *names[:-1]]}},
        credentials=credentials,
    )

    good, failed = split(client, AccountScope)

    assert good == ["111122223333", "444455556666", "777788889999"]
    (scope,) = failed.values()
    assert scope.name == "credential closed"
    assert isinstance(scope.error, AccessDenied)
    assert str(scope.error).startswith("aws credential closed: sts:GetCallerIdentity: ")
    assert "aws.credentials" in str(scope.error)


def test_of_two_credentials_of_one_account_the_first_is_used(
    configured: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    key = {
        "token_retriever": "static",
        "access_key_id": "AKIA111122223333",
        "secret_access_key": "not-a-secret",
    }
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["one", "two"]}},
        credentials={"one": key, "two": key},
    )

    with caplog.at_level(logging.WARNING, "inventory"):
        good, failed = split(client, AccountScope)

    assert (good, failed) == (["111122223333"], {})
    (record,) = caplog.records
    assert (record.message, record.credential, record.used) == ("credential ignored", "two", "one")  # type: ignore[attr-defined]


def test_an_account_without_credential_is_denied(configured: Configure) -> None:
    error = failure(client_of(configured), RegionScope("999999999999", "eu-central-1"))

    assert isinstance(error, AccessDenied)
    assert "aws 999999999999" in str(error)
    assert "aws.services.ec2.use_credentials" in str(error)


def test_a_forbidden_region_names_the_permission_and_stops_no_other(
    configured: Configure, sim: Running
) -> None:
    sim.faults(forbidden_regions=["111122223333/eu-central-1"])
    client = client_of(configured)

    error = failure(client)
    elsewhere = collect(client, collect_vpcs, RegionScope("111122223333", "eu-west-1"))

    assert isinstance(error, AccessDenied)
    assert str(error).startswith(
        "aws 111122223333/eu-central-1: ec2:DescribeVpcs: UnauthorizedOperation: "
    )
    assert str(error).endswith("allow the IAM action ec2:DescribeVpcs")
    assert elsewhere


def test_throttling_is_survived(configured: Configure, sim: Running) -> None:
    client = client_of(configured, Patience(connect=1, read=5, attempts=5))
    before = collect(client, collect_vpcs, PLACE)
    sim.faults(throttle_every=2)

    after = collect(client, collect_vpcs, PLACE)

    assert after == before


def test_throttling_without_end_says_so(configured: Configure, sim: Running) -> None:
    client = client_of(configured, Patience(connect=1, read=0.5, attempts=1))
    collect(client, collect_vpcs, PLACE)
    sim.faults(throttle_every=1)

    error = failure(client)

    assert isinstance(error, Throttled)
    assert error.retry_after > 0
    assert "RequestLimitExceeded" in str(error)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ({"errors": {VPCS: 500}}, Unavailable, "ec2:DescribeVpcs"),
        ({"truncate": {VPCS: -1}}, Unavailable, "ended too early"),
        ({"hang": {VPCS: -1}}, Unavailable, "Read timeout"),
        ({"garbage": {VPCS: -1}}, BadAnswer, "no Vpcs in the answer"),
    ],
    ids=["down", "truncated", "hanging", "of another shape"],
)
def test_an_answer_that_is_none_is_told_apart(
    configured: Configure,
    sim: Running,
    fault: dict[str, Any],
    kind: type[SourceError],
    says: str,
) -> None:
    client = client_of(configured, Patience(connect=1, read=0.5, attempts=1))
    client_scopes = split(client, RegionScope)
    sim.faults(**fault)

    error = failure(client)

    assert client_scopes
    assert isinstance(error, kind)
    assert str(error).startswith("aws 111122223333/eu-central-1: ec2:DescribeVpcs: ")
    assert says in str(error)


def test_an_endpoint_that_refuses_is_unavailable(configured: Configure) -> None:
    client = client_of(configured, endpoint="http://127.0.0.1:9")

    good, failed = split(client, RegionScope)

    assert good == []
    assert {type(scope.error) for scope in failed.values()} == {Unavailable}
    assert "127.0.0.1:9" in str(failed["credential account-111122223333"].error)


def test_a_token_in_a_file_is_exchanged_for_a_role(configured: Configure, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("header.claims.signature\n", encoding="utf-8")
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["role"]}},
        credentials={
            "role": {
                "token_retriever": "token_file",
                "token_file": {
                    "path": str(token),
                    "role_arn": "arn:aws:iam::444455556666:role/inventory",
                    "duration": "1h",
                },
            }
        },
    )

    good, failed = split(client, AccountScope)

    assert (good, failed) == (["444455556666"], {})


def test_a_token_file_that_is_missing_is_named(configured: Configure, tmp_path: Path) -> None:
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["role"]}},
        credentials={
            "role": {
                "token_retriever": "token_file",
                "token_file": {
                    "path": str(tmp_path / "absent"),
                    "role_arn": "arn:aws:iam::444455556666:role/inventory",
                },
            }
        },
    )

    _, failed = split(client, AccountScope)

    error = failed["credential role"].error
    assert isinstance(error, AccessDenied)
    assert str(tmp_path / "absent") in str(error)
    assert "aws.credentials.role.token_file.path" in str(error)


def test_the_chain_of_the_sdk_is_used_without_a_retriever(
    configured: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA777788889999")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["mine"]}},
        credentials={"mine": {"token_retriever": "none"}},
    )

    good, failed = split(client, AccountScope)

    assert (good, failed) == (["777788889999"], {})


def test_without_any_credential_the_message_says_where_they_are_looked_for(
    configured: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = client_of(
        configured,
        services={"ec2": {"use_credentials": ["mine"]}},
        credentials={"mine": {"token_retriever": "none"}},
    )

    _, failed = split(client, AccountScope)

    assert isinstance(failed["credential mine"].error, AccessDenied)
    assert "AWS_ACCESS_KEY_ID" in str(failed["credential mine"].error)


def test_secrets_are_in_no_message(configured: Configure, sim: Running) -> None:
    sim.faults(errors={"sts:GetCallerIdentity": 403})
    client = client_of(configured)

    _, failed = split(client, AccountScope)

    assert failed
    assert [
        name for name, scope in failed.items() if "simulated-not-a-secret" in str(scope.error)
    ] == []
