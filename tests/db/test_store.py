"""A listing → its table: written, compared, deleted, and what must not be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db.store import PAGE, Stored, store
from inventory.errors import BadAnswer, Incomplete, InventoryError, Unavailable
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper
from tests.graph.zoo.rows import animal_row, animals, house_row, houses, keeper_row

Db = psycopg.Connection[Any]


@dataclass(frozen=True)
class Zoo(Scope):
    city: str


NOBODY: dict[str, Any] = {"badge": None}
BERLIN, PARIS = Zoo("Berlin"), Zoo("Paris")


def listed(count: int, **values: Any) -> list[Row[House]]:
    return [house_row(name=f"h{n:05}", **values) for n in range(count)]


def names(db: Db) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM zoo_house ORDER BY name").fetchall()]


def scope(db: Db, which: Scope = BERLIN) -> dict[str, Any]:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute("SELECT * FROM common_scope WHERE scope = %s", [str(which)]).fetchone()
    return row or {}


def test_new_rows_are_inserted_changed_ones_updated_the_others_left(zoo: Db) -> None:
    first = store(zoo, [House], BERLIN, listed(3))
    before = dict(
        zoo.execute("SELECT name, (xmin::text, ctid::text, updated_at) FROM zoo_house").fetchall()
    )

    changed = [house_row(name="h00000", storeys=5), *listed(3)[1:], house_row(name="new")]
    second = store(zoo, [House], BERLIN, changed)

    after = dict(
        zoo.execute("SELECT name, (xmin::text, ctid::text, updated_at) FROM zoo_house").fetchall()
    )
    assert first == Stored(seen=3, inserted=3)
    assert second == Stored(seen=4, inserted=1, updated=1)
    assert {name for name in before if before[name] != after[name]} == {"h00000"}
    found = scope(zoo)
    assert (found["status"], found["rows_seen"]) == ("complete", 4)
    assert found["last_complete_at"] == found["last_attempt_at"]


def test_a_refresh_without_a_change_writes_no_row(zoo: Db) -> None:
    rows = list(animals(3000))
    store(zoo, [Animal], BERLIN, rows)
    zoo.execute("CHECKPOINT") if zoo.info.parameter_status("is_superuser") == "on" else None
    where = zoo.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    physical = zoo.execute("SELECT tag, xmin::text, ctid::text FROM zoo_animal").fetchall()

    again = store(zoo, [Animal], BERLIN, rows)

    (written,) = zoo.execute("SELECT pg_current_wal_insert_lsn() - %s", where).fetchone() or (0,)
    assert again == Stored(seen=3000)
    assert zoo.execute("SELECT tag, xmin::text, ctid::text FROM zoo_animal").fetchall() == physical
    # One scope's row, and what the catalog says of temporary tables; 3 000 rows would be 1 MB.
    assert written < 200_000


@pytest.mark.parametrize(
    "column", ["nickname", "legs", "price", "tame", "born_at", "address", "marks", "badges"]
)
def test_a_change_to_or_from_null_is_a_change(zoo: Db, column: str) -> None:
    full: dict[str, Any] = {
        "nickname": "x", "legs": 1, "price": 1, "tame": False, "born_at": "2026-11-24T12:00:00Z",
        "address": "10.0.0.1", "marks": {"a": "b"}, "badges": ["a"],
    }  # fmt: skip
    empty: Any = [] if column == "badges" else None
    one, none = (
        animal_row(tag="a", **{column: full[column]}),
        animal_row(tag="a", **{column: empty}),
    )

    done = [store(zoo, [Animal], BERLIN, [each]) for each in (one, one, none, none, one)]

    assert [each.updated for each in done] == [0, 0, 1, 0, 1]


def test_the_order_of_keys_in_json_is_no_change(zoo: Db) -> None:
    store(zoo, [Animal], BERLIN, [animal_row(tag="a", marks={"x": "1", "y": "2"})])

    again = store(zoo, [Animal], BERLIN, [animal_row(tag="a", marks={"y": "2", "x": "1"})])

    assert again.changed == 0


def test_an_id_follows_from_the_key_alone(zoo: Db) -> None:
    store(zoo, [House], BERLIN, [house_row(name="a")])
    (one,) = zoo.execute("SELECT id FROM zoo_house").fetchone() or (None,)
    store(zoo, [House], BERLIN, [])
    store(zoo, [House], PARIS, [house_row(name="a", storeys=3)])

    assert zoo.execute("SELECT id FROM zoo_house").fetchone() == (one,)


def test_what_a_complete_listing_lacks_is_deleted_in_its_scope_alone(zoo: Db) -> None:
    store(zoo, [House], BERLIN, listed(3))
    store(zoo, [House], PARIS, [house_row(name="paris")])

    done = store(zoo, [House], BERLIN, listed(2))

    assert done == Stored(seen=2, deleted=1)
    assert names(zoo) == ["h00000", "h00001", "paris"]


def test_an_empty_listing_deletes_a_small_scope(zoo: Db) -> None:
    store(zoo, [House], BERLIN, listed(20))

    assert store(zoo, [House], BERLIN, []) == Stored(deleted=20)
    assert scope(zoo)["rows_seen"] == 0


def cut(rows: list[Row[House]], error: Exception) -> Iterator[Row[House]]:
    yield from rows
    raise error


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_an_incomplete_listing_is_kept_and_deletes_nothing(zoo: Db, count: int) -> None:
    store(zoo, [House], BERLIN, [house_row(name="old")])
    complete = scope(zoo)["last_complete_at"]

    with pytest.raises(Incomplete, match="the rest"):
        store(zoo, [House], BERLIN, cut(listed(count), Incomplete("the rest is unreachable")))

    assert len(names(zoo)) == count + 1
    found = scope(zoo)
    assert (found["status"], found["error"]) == ("incomplete", "the rest is unreachable")
    assert found["error_code"] == "SOURCE_INCOMPLETE"
    assert found["last_complete_at"] == complete
    assert found["last_attempt_at"] > complete


@pytest.mark.parametrize("error", [Unavailable("away"), RuntimeError("bug"), KeyboardInterrupt()])
@pytest.mark.parametrize("count", [1, PAGE + 1])
def test_after_any_other_error_nothing_is_written(zoo: Db, count: int, error: Exception) -> None:
    store(zoo, [House], BERLIN, [house_row(name="old")])

    with pytest.raises(type(error)):
        store(zoo, [House], BERLIN, cut(listed(count), error))

    assert names(zoo) == ["old"]
    assert store(zoo, [House], BERLIN, listed(1)) == Stored(seen=1, inserted=1, deleted=1)


def test_a_listing_that_lacks_too_much_deletes_nothing_until_confirmed(zoo: Db) -> None:
    store(zoo, [House], BERLIN, listed(100))
    complete = scope(zoo)["last_complete_at"]

    doubtful = store(zoo, [House], BERLIN, [*listed(69), house_row(name="new")])
    found = scope(zoo)

    assert doubtful == Stored(seen=70, inserted=1, withheld=31)
    assert len(names(zoo)) == 101
    assert (found["status"], found["last_complete_at"]) == ("suspicious", complete)
    assert "confirm_delete: true" in found["error"]

    confirmed = store(zoo, [House], BERLIN, listed(69), confirm_delete=True)
    assert confirmed == Stored(seen=69, deleted=32)
    assert (scope(zoo)["status"], scope(zoo)["error"]) == ("complete", None)


@pytest.mark.parametrize(
    ("held", "left", "goes"), [(20, 0, True), (21, 14, False), (21, 15, True), (100, 70, True)]
)
def test_the_brake_holds_above_30_per_cent_of_more_than_20_rows(
    zoo: Db, held: int, left: int, goes: bool
) -> None:
    store(zoo, [House], BERLIN, listed(held))

    done = store(zoo, [House], BERLIN, listed(left))

    assert (done.deleted, done.withheld) == ((held - left, 0) if goes else (0, held - left))


def test_a_row_listed_twice_is_stored_once(zoo: Db) -> None:
    done = store(
        zoo, [House], BERLIN, [house_row(name="a"), house_row(name="b"), house_row(name="a")]
    )

    assert (done.seen, done.inserted) == (3, 2)
    assert scope(zoo)["rows_seen"] == 2


def test_a_row_moves_to_the_scope_that_lists_it(zoo: Db) -> None:
    store(zoo, [House], BERLIN, [house_row(name="a")])

    moved = store(zoo, [House], PARIS, [house_row(name="a")])
    left = store(zoo, [House], BERLIN, [])

    assert (moved.updated, left.deleted) == (1, 0)
    assert names(zoo) == ["a"]
    assert zoo.execute("SELECT scope_id FROM zoo_house").fetchone() == (scope(zoo, PARIS)["id"],)


def test_two_models_of_one_listing_are_written_together(zoo: Db) -> None:
    done = store(
        zoo,
        [House, Keeper],
        BERLIN,
        [house_row(name="a"), keeper_row(badge="k"), keeper_row(badge="l")],
    )

    assert done == Stored(seen=3, inserted=3)
    with pytest.raises(BadAnswer):
        store(zoo, [House, Keeper], BERLIN, [house_row(name="b"), keeper_row(**NOBODY)])
    assert names(zoo) == ["a"]
    assert zoo.execute("SELECT count(*) FROM zoo_keeper").fetchone() == (2,)
    assert zoo.execute("SELECT count(*) FROM common_scope").fetchone() == (2,)


def test_a_row_of_another_model_is_a_bug_that_is_told(zoo: Db) -> None:
    with pytest.raises(BadAnswer, match="zoo:model:keeper"):
        store(zoo, [House], BERLIN, [keeper_row(badge="k")])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("legs", 2**31),
        ("legs", "four"),
        ("steps", 2**63),
        ("cells", 10**20),
        ("born_at", "some day"),
        ("chip", "x"),
        ("address", "10.0.0.256"),
        ("network", "10.0.0.1/8"),
        ("tame", "perhaps"),
        ("nickname", {"a": "b"}),
        ("tag", None),
    ],
)
def test_a_value_that_does_not_fit_names_its_column_and_writes_nothing(
    zoo: Db, column: str, value: Any
) -> None:
    rows = [animal_row(tag="good"), animal_row(**{"tag": "bad", column: value})]

    with pytest.raises(BadAnswer) as caught:
        store(zoo, [Animal], BERLIN, rows)

    message = str(caught.value)
    assert "zoo:model:animal" in message
    assert column in message
    assert len(message) < 400
    assert zoo.execute("SELECT count(*) FROM zoo_animal").fetchone() == (0,)
    assert store(zoo, [Animal], BERLIN, rows[:1]).inserted == 1


def test_text_that_postgresql_cannot_hold_becomes_text_that_it_can(zoo: Db) -> None:
    """One label with a NUL must not stop a whole scope from being read."""
    rows = [
        animal_row(tag="a", nickname="a\0b", badges=["\0", "x"], marks={"k\0": "\\u0000 \0"}),
        animal_row(tag="b", nickname="\ud83e\udd81 \ud800.", marks={"k": "fine"}),
    ]

    done = [store(zoo, [Animal], BERLIN, rows) for _ in range(2)]

    assert [each.changed for each in done] == [2, 0]
    stored = zoo.execute("SELECT nickname, badges, marks FROM zoo_animal ORDER BY tag").fetchall()
    assert stored == [
        ("a\ufffdb", ["\ufffd", "x"], {"k\ufffd": "\\u0000 \ufffd"}),
        ("🦁 \ufffd.", [], {"k": "fine"}),
    ]


def test_a_large_listing_is_read_page_by_page(zoo: Db) -> None:
    """No more rows are asked for than a page ahead of what was staged."""
    asked = 0
    ahead: list[int] = []

    def rows() -> Iterator[Row[House]]:
        nonlocal asked
        for each in listed(5 * PAGE + 7):
            asked += 1
            yield each

    done = store(zoo, [House], BERLIN, rows(), progress=lambda seen: ahead.append(asked - seen))

    assert done.inserted == 5 * PAGE + 7
    assert max(ahead) <= 1
    assert len(ahead) == 6


def test_two_writers_of_one_scope_end_with_one_of_their_listings(zoo: Db, other: Db) -> None:
    listings = (listed(500, storeys=1), listed(700, storeys=2))
    failed: list[Exception] = []

    def write(db: Db, rows: list[Row[House]]) -> None:
        try:
            for _ in range(5):
                store(db, [House], BERLIN, rows)
        except (InventoryError, psycopg.Error) as error:
            failed.append(error)

    threads = [
        threading.Thread(target=write, args=pair)
        for pair in zip((zoo, other), listings, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    stored = zoo.execute("SELECT storeys, count(*) FROM zoo_house GROUP BY 1").fetchall()
    assert stored in ([(1, 500)], [(2, 700)])


def test_two_scopes_that_list_the_same_rows_end_without_an_error(zoo: Db, other: Db) -> None:
    failed: list[Exception] = []

    def write(db: Db, where: Scope, rows: list[Row[House]]) -> None:
        try:
            for _ in range(5):
                store(db, [House], where, rows)
        except (InventoryError, psycopg.Error) as error:
            failed.append(error)

    rows = listed(300)
    threads = [
        threading.Thread(target=write, args=(zoo, BERLIN, rows)),
        threading.Thread(target=write, args=(other, PARIS, rows[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(names(zoo)) == 300


def test_a_failed_listing_leaves_the_connection_usable_and_no_table_behind(zoo: Db) -> None:
    with pytest.raises(InventoryError):
        store(zoo, [House], BERLIN, cut(listed(1), Unavailable("away")))

    left = zoo.execute("SELECT relname FROM pg_class WHERE relname LIKE 'stage_%'").fetchall()
    assert left == []
    assert store(zoo, [House], BERLIN, houses()).inserted == 5
