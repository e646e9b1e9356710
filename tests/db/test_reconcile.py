"""Links := what their rules find now, written only where that changed."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from inventory.core.link import Link, Rule, link
from inventory.core.scope import Scope
from inventory.db.reconcile import Reconciled, reconcile, statement
from inventory.db.store import store
from inventory.errors import InventoryError
from tests.graph.conftest import CATALOG
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper
from tests.graph.zoo.models.links import animal_to_keeper, house_to_animal, parent_to_child
from tests.graph.zoo.rows import animal_row, animals, house_row, houses, keeper_row, keepers

Db = psycopg.Connection[Any]


@pytest.fixture
def full(zoo: Db) -> Db:
    store(zoo, [Keeper], Scope(), keepers())
    store(zoo, [House], Scope(), houses())
    store(zoo, [Animal], Scope(), animals())
    return zoo


def pairs(db: Db, which: Link) -> list[Any]:
    return db.execute(f"SELECT *, xmin::text, ctid::text FROM {which.name}".encode()).fetchall()


def test_pairs_come_stay_and_go_with_their_ends(full: Db) -> None:
    first = reconcile(full, house_to_animal)
    again = reconcile(full, house_to_animal)
    moved = [animal_row(tag="a000", house_name="Empty"), *list(animals())[1:]]
    store(full, [Animal], Scope(), moved)
    third = reconcile(full, house_to_animal)
    store(full, [House], Scope(), [house_row(name="Empty", storeys=-1)])
    fourth = reconcile(full, house_to_animal)

    assert first.added == first.found > 20
    assert again == Reconciled(first.found, 0, 0)
    assert third == Reconciled(first.found, 1, 1)
    assert (fourth.found, fourth.added) == (1, 0)


def test_nothing_is_written_when_nothing_is_new(full: Db) -> None:
    for each in CATALOG.links.values():
        reconcile(full, each)
    before = {each.name: pairs(full, each) for each in CATALOG.links.values()}

    for each in CATALOG.links.values():
        assert reconcile(full, each).added == 0

    assert {each.name: pairs(full, each) for each in CATALOG.links.values()} == before


def test_a_pair_carries_the_first_rule_that_finds_it_now(zoo: Db) -> None:
    def rules() -> list[str]:
        return [
            rule for (rule,) in zoo.execute("SELECT rule FROM l_zoo_animal_to_keeper").fetchall()
        ]

    store(zoo, [Keeper], Scope(), [keeper_row(badge="k", nickname="Bo")])
    seen = []
    for badges, nickname in ((["k"], "Bo"), ([], "Bo"), (["k"], "Bo"), (["k"], None), ([], None)):
        store(zoo, [Animal], Scope(), [animal_row(tag="a", badges=badges, nickname=nickname)])
        done = reconcile(zoo, animal_to_keeper)
        seen.append((rules(), done.added, done.removed))

    assert seen == [
        (["badge"], 1, 0),
        (["namesake"], 0, 0),
        (["badge"], 0, 0),
        (["badge"], 0, 0),
        ([], 0, 1),
    ]


def test_a_model_is_linked_to_itself(zoo: Db) -> None:
    rows = [animal_row(tag="a", parent_tag="a"), animal_row(tag="b", parent_tag="a")]
    store(zoo, [Animal], Scope(), rows)

    assert reconcile(zoo, parent_to_child) == Reconciled(2, 2, 0)


def test_null_matches_nothing(zoo: Db) -> None:
    store(zoo, [Keeper], Scope(), [keeper_row(badge="k")])
    store(zoo, [Animal], Scope(), [animal_row(tag="a")])

    assert reconcile(zoo, animal_to_keeper) == Reconciled(0, 0, 0)


def test_when_it_was_confirmed_is_recorded(full: Db) -> None:
    done = reconcile(full, house_to_animal)

    row = full.execute(
        "SELECT found, added, removed, error, reconciled_at > now() - interval '1 min'"
        " FROM common_link WHERE name = 'l_zoo_house_to_animal'"
    ).fetchone()
    assert row == (done.found, done.added, 0, None, True)


@pytest.fixture
def temporary() -> Any:
    """Declare a link of which no trace remains."""
    made: list[Link] = []

    def declare(on: Any) -> Link:
        made.append(link(House, Keeper, on=Rule(on), doc="For a test.", name="l_zoo_test_to_test"))
        return made[-1]

    yield declare
    for each in made:
        each.table.metadata.remove(each.table)


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (lambda a, b: a.c.name.like("%irds") & b.c.badge.like("k%"), 5),
        (lambda a, b: (a.c.storeys % 2 == 0) & (b.c.badge == "k0"), 2),
        (lambda a, b: (a.c.name == "{}") | (b.c.badge == "%s"), 0),
        (lambda a, b: a.c.name + ":'" == b.c.badge, 0),
        (lambda a, b: sa.select(a.c.id, b.c.id).where(a.c.name == "Apes", b.c.badge == "k0"), 1),
    ],
)
def test_conditions_may_hold_any_character(full: Db, temporary: Any, on: Any, found: int) -> None:
    made = temporary(on)
    full.execute("DROP TABLE IF EXISTS l_zoo_test_to_test")
    full.execute(
        "CREATE TABLE l_zoo_test_to_test (house_id uuid, keeper_id uuid, rule text,"
        " created_at timestamptz DEFAULT now())"
    )

    done = reconcile(full, made)

    statement.cache_clear()
    assert done == Reconciled(found, found, 0)


def test_ends_that_vanish_meanwhile_do_no_harm(full: Db, other: Db) -> None:
    stop = threading.Event()
    failed: list[Exception] = []

    def collect() -> None:
        try:
            while not stop.is_set():
                store(other, [House], Scope(), [house_row(name="Apes")], confirm_delete=True)
                store(other, [House], Scope(), houses())
        except (InventoryError, psycopg.Error) as error:
            failed.append(error)

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        for _ in range(30):
            reconcile(full, house_to_animal)
    finally:
        stop.set()
        thread.join()

    assert failed == []
    reconcile(full, house_to_animal)
    assert reconcile(full, house_to_animal).added == 0


def test_two_reconcilers_wait_for_each_other(full: Db, other: Db) -> None:
    done: list[Reconciled] = []
    threads = [
        threading.Thread(target=lambda db=db: done.append(reconcile(db, house_to_animal)))
        for db in (full, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(each.added for each in done) == [0, done[0].found]
