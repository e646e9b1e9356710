"""Collecting for real: the SDKs, a worker, PostgreSQL and Redis against simulated clouds."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
import redis

from inventory import embedded
from inventory.cli import collecting
from inventory.simulator import Running, running
from tests import services
from tests.cli.conftest import Inventory, Result

SHOOTS = 6


@pytest.fixture(scope="module")
def clouds() -> Iterator[Running]:
    with running(shoots=SHOOTS, seed=3) as simulator:
        yield simulator


@pytest.fixture
def collect(placed: Inventory, clouds: Running, tmp_path: Path) -> Callable[..., Result]:
    file = tmp_path / "sim.yaml"
    clouds.config(file, unmanaged="kubeconfig")
    return lambda *words: placed("--config", str(file), *words)


def counts(db: psycopg.Connection[Any]) -> dict[str, int]:
    names = ("aws_vpc", "aws_instance", "g_shoot", "n_aws_vpc_to_g_shoot")
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # type: ignore[index]


def test_one_command_reads_everything_and_relates_it(
    collect: Callable[..., Result], clouds: Running, db: psycopg.Connection[Any]
) -> None:
    result = collect("collect", "--json")

    assert result.status == 0, result.out + result.err
    answer = result.json
    assert answer["complete"] is True
    assert answer["failures"] == []
    by_name = {each["collector"]: each for each in answer["collectors"]}
    assert (
        by_name["aws:task:collect-vpcs"]["scopes"] == by_name["aws:task:collect-vpcs"]["complete"]
    )
    truth = clouds.truth()["reachable"]
    found = counts(db)
    assert by_name["g:task:collect-shoots"]["seen"] == found["g_shoot"]
    assert found["n_aws_vpc_to_g_shoot"] > 0
    assert (
        found["aws_vpc"] == truth["tables"]["aws_vpc"]
        if "tables" in truth
        else found["aws_vpc"] > 0
    )
    links = {link["link"]: link for link in answer["links"]}
    assert links["n_aws_vpc_to_g_shoot"]["found"] == found["n_aws_vpc_to_g_shoot"]
    leaks = {leak["rule"]: leak for leak in answer["leaks"]}
    assert leaks["aws-vpc-without-shoot"]["status"] == "answered"
    assert leaks["aws-vpc-without-shoot"]["found"] > 0
    assert answer["leak_error"] is None


def test_collecting_again_changes_nothing_and_says_so(
    collect: Callable[..., Result], db: psycopg.Connection[Any]
) -> None:
    before = counts(db)

    result = collect("collect")

    assert result.status == 0
    assert " 0 changed, 0 deleted" in result.out.splitlines()[-1]
    assert "COLLECTOR" in result.out
    assert "aws:task:collect-vpcs: " in result.err
    assert counts(db) == before


def test_a_part_that_cannot_be_read_is_named_and_keeps_its_rows(
    collect: Callable[..., Result], clouds: Running, db: psycopg.Connection[Any]
) -> None:
    before = counts(db)
    clouds.faults(forbidden_regions=["111122223333/eu-central-1"])
    try:
        result = collect("collect", "--source", "aws", "--json")
    finally:
        clouds.faults()

    assert result.status == 1
    failures = result.json["failures"]
    assert failures
    assert {each["scope"] for each in failures} == {"111122223333/eu-central-1"}, failures
    assert all(each["reason"] for each in failures)
    assert counts(db) == before


def test_a_single_collector_may_be_named(collect: Callable[..., Result]) -> None:
    answer = collect("collect", "--task", "aws:task:collect-vpcs", "--json").json

    assert [each["collector"] for each in answer["collectors"]] == ["aws:task:collect-vpcs"]


def test_nothing_is_left_waiting(
    collect: Callable[..., Result], db: psycopg.Connection[Any]
) -> None:
    collect("collect", "--source", "g")

    waiting = db.execute(
        "SELECT count(*) FROM common_run WHERE queue LIKE 'collect-%'"
        " AND state IN ('scheduled', 'pending', 'active', 'retry')"
    ).fetchone()
    assert waiting == (0,)


def test_models_are_listed_with_counts_and_freshness(collect: Callable[..., Result]) -> None:
    every = {row["table"]: row for row in collect("model", "list", "--json").json}
    shown = collect("model", "list", "--source", "g").out

    assert every["g_shoot"]["rows"] > 0
    assert every["g_shoot"]["scopes"] == every["g_shoot"]["complete"] == 1
    assert every["aws_vpc"]["seen"].endswith("Z")
    assert "ago" in shown
    assert "aws_vpc" not in shown


def test_rows_are_queried(collect: Callable[..., Result]) -> None:
    query = ("model", "query", "aws_vpc")
    everything = collect(*query, "--json").json
    first = everything[0]

    one = collect(*query, "--where", f'{{"vpc_id": "{first["vpc_id"]}"}}', "--json").json
    others = collect(
        *query, "--where", f'{{"not": {{"vpc_id": {{"eq": "{first["vpc_id"]}"}}}}}}', "--json"
    ).json
    named = collect(
        "model", "query", "aws:model:vpc", "--columns", "vpc_id,region_name", "--limit", "1"
    )
    none = collect(*query, "--where", '{"vpc_id": null}')

    assert one == [first]
    assert len(others) == len(everything) - 1
    assert named.out.splitlines()[0].split() == ["VPC", "ID", "REGION", "NAME"]
    assert "the first 1" in named.err
    assert none.out == "aws_vpc has no row like that\n"


@pytest.mark.parametrize(
    "where",
    [
        '{"region_name": {"in": ["eu-central-1", "eu-west-1"]}}',
        '{"or": [{"name": {"isNull": true}}, {"name": {"ilike": "SHOOT%"}}]}',
        '{"and": [{"is_default": false}, {"created_at": {"lte": "2999-01-01"}}]}',
        '{"tags": {"ne": {}}}',
        '{"name": {"gte": "a", "lt": "zz"}}',
    ],
)
def test_conditions_are_understood(collect: Callable[..., Result], where: str) -> None:
    result = collect("model", "query", "aws_vpc", "--where", where, "--json")

    assert result.status == 0, result.err
    assert isinstance(result.json, list)


def test_a_value_of_the_wrong_kind_is_refused(collect: Callable[..., Result]) -> None:
    result = collect("model", "query", "aws_vpc", "--where", '{"is_default": "perhaps"}')

    assert result.status == 2
    assert "--where: invalid input syntax for type boolean" in result.err


def test_collecting_without_redis_fails_at_once(
    inventory: Inventory, database: str, clouds: Running, tmp_path: Path
) -> None:
    file = tmp_path / "sim.yaml"
    clouds.config(file)

    result = inventory(
        *(
            "--database-uri",
            database,
            "--redis-endpoint",
            "127.0.0.1:1",
            "--config",
            str(file),
            "collect",
        )
    )

    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("Error: Redis cannot be reached")
    assert "redis.endpoint" in result.err
    assert result.err.count("\n") == 1


def test_collecting_ends_when_the_database_goes_away(
    process: Callable[..., "subprocess.Popen[str]"],
    clouds: Running,
    postgres_dsn: str,
    template: str,
    redis_url: str,
    tmp_path: Path,
) -> None:
    file = tmp_path / "sim.yaml"
    clouds.config(file)
    clouds.faults(latency_ms=500)
    try:
        with services.fresh_database(postgres_dsn, template) as dsn:
            running = process(
                *(
                    "--database-uri",
                    dsn,
                    "--redis-endpoint",
                    redis_url,
                    "--config",
                    str(file),
                    "collect",
                )
            )
            _wait_for_runs(dsn)
        # The database was dropped while it was collecting.
        out, err = running.communicate(timeout=40)
    finally:
        clouds.faults()

    assert running.returncode == 1, err
    assert out == ""
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "cannot be reached" in errors[0]
    assert "Traceback" not in err


def test_collecting_ends_when_redis_stays_away(
    inventory: Inventory,
    clouds: Running,
    postgres_dsn: str,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collecting, "PATIENCE", 2.0)
    file = tmp_path / "sim.yaml"
    clouds.config(file)
    clouds.faults(latency_ms=500)
    with (
        services.fresh_database(postgres_dsn, template) as dsn,
        TemporaryDirectory(prefix="inv-redis-") as folder,
    ):
        Path(folder).chmod(0o711)
        with embedded.services(folder, postgres=False, durable=False) as found:
            given = ("--database-uri", dsn, "--redis-endpoint", str(found.redis_url))
            ending = threading.Thread(target=_end_redis, args=(dsn, str(found.redis_url)))
            ending.start()
            try:
                result = inventory(
                    *given, "--config", str(file), "collect", "--task", "aws:task:collect-vpcs"
                )
            finally:
                clouds.faults()
                ending.join()
        with psycopg.connect(dsn) as db:
            states = {state for (state,) in db.execute("SELECT DISTINCT state FROM common_run")}

    assert result.status == 1
    assert result.out == ""
    assert "Redis cannot be reached" in result.err
    assert "what is stored stays" in result.err
    assert "Traceback" not in result.err
    assert states <= {"completed", "cancelled"}


def _end_redis(dsn: str, url: str) -> None:
    _wait_for_runs(dsn)
    with suppress(redis.ConnectionError):
        redis.Redis.from_url(url).shutdown(nosave=True)


def _wait_for_runs(dsn: str) -> None:
    end = time.monotonic() + 40
    with psycopg.connect(dsn, autocommit=True) as db:
        while time.monotonic() < end:
            if db.execute("SELECT 1 FROM common_run WHERE state = 'active'").fetchone():
                return
            time.sleep(0.05)
    raise AssertionError("nothing began")
