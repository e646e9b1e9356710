"""Every rule finds what was planted, and not what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.catalog import Catalog
from inventory.simulator.leak_rules import RULES
from tests.leaks import landscape
from tests.leaks.collecting import Database


def test_the_rules_are_those_of_the_answer_key(catalog: Catalog) -> None:
    assert set(catalog.leaks) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_the_answer_key_says(db: Database, rule: str) -> None:
    planted = landscape.key()["leaks"][rule]

    assert landscape.state(db, rule) == ("answered", None)
    assert planted
    assert landscape.findings(db, rule) == planted


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_about_the_tables_that_the_answer_key_names(catalog: Catalog, rule: str) -> None:
    declared, said = catalog.leaks[rule], RULES[rule]
    owners = {str(owner.model.__tablename__) for owner in declared.owners}

    assert str(declared.model.__tablename__) == said.table
    assert set(said.owners) <= owners


@pytest.mark.parametrize("rule", RULES)
def test_there_is_something_that_a_rule_spares(db: Database, rule: str) -> None:
    (rows,) = db.execute(f"select count(*) from {RULES[rule].table}".encode()).fetchall()[0]

    assert rows > len(landscape.findings(db, rule))


def near_misses() -> list[tuple[str, str, str]]:
    return [
        ("aws-vpc-without-shoot", "vpc_id", "default_vpcs"),
        ("aws-vpc-without-shoot", "vpc_id", "own_vpcs_with_tag"),
        ("aws-vpc-without-shoot", "vpc_id", "own_vpcs_without_tag"),
        ("aws-instance-without-machine", "instance_id", "terminated_instances"),
        ("aws-instance-without-machine", "instance_id", "terminating_instances"),
        (
            "aws-instance-without-machine",
            "instance_id",
            "instances_of_machines_without_provider_id",
        ),
    ]


@pytest.mark.parametrize(("rule", "column", "kind"), near_misses())
def test_a_near_miss_is_none(db: Database, rule: str, column: str, kind: str) -> None:
    ids: list[Any] = landscape.key()["ids"][kind]
    table = RULES[rule].table
    query = f"select count(*) from {table} where {column} = any(%s)"

    assert ids
    assert db.execute(query.encode(), (ids,)).fetchall() == [(len(ids),)]
    assert not set(ids) & set(landscape.findings(db, rule))
