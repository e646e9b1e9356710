"""The landscape is a function of its seed and size, whatever is looked at first."""

from __future__ import annotations

from array import array
from random import Random

import pytest

from inventory.simulator.amazon import LISTS, Amazon
from inventory.simulator.garden import Garden
from inventory.simulator.groups import Group
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GCP_PROJECTS, GCP_ZONES, REGIONS
from inventory.simulator.seed_objects import KINDS, SeedObjects

IDENTIFIERS = {"addresses": 1, "classic": 1, "balancers": 3}
"""Where a row's identifier is, if it is not the first column."""


@pytest.fixture(scope="module")
def large() -> Landscape:
    return Landscape(100_000)


def everything(landscape: Landscape) -> list[object]:
    amazon, garden = Amazon(landscape), Garden(landscape)
    places = range(landscape.aws_places)
    return [
        [list(amazon.page(place, kind, 0, 10**6)) for kind in LISTS for place in places],
        [garden.project(index) for index in range(garden.project_total)],
        [garden.seed(index) for index in range(landscape.seed_count)],
        list(garden.shoots(None, 0, 10**6)),
        [
            list(SeedObjects(landscape).page(seed, plural, 0, 10**6))
            for plural in KINDS
            for seed in range(landscape.seed_count)
        ],
    ]


def test_the_same_seed_gives_the_same_landscape() -> None:
    assert everything(Landscape(80, seed=3)) == everything(Landscape(80, seed=3))


def test_another_seed_gives_other_ids() -> None:
    first, second = (
        {
            vpc.vpc_id
            for place in range(12)
            for vpc in Amazon(Landscape(80, seed)).vpcs(place, 0, 99)
        }
        for seed in (1, 2)
    )

    assert not first & second


@pytest.mark.parametrize("kind", LISTS)
def test_any_page_is_the_same_piece_of_the_whole(kind: str) -> None:
    amazon = Amazon(Landscape(300))
    random = Random(1)
    for place in (0, 5, 11):
        whole = list(amazon.page(place, kind, 0, 10**6))
        assert len(whole) == amazon.total(place, kind)
        for _ in range(40):
            offset, limit = random.randrange(len(whole) + 3), random.randrange(1, 60)

            page = list(amazon.page(place, kind, offset, limit))

            assert page == whole[offset : offset + limit]


def test_a_page_looked_at_last_is_the_same_as_one_looked_at_first() -> None:
    amazon = Amazon(Landscape(300))
    offsets = list(range(0, amazon.total(0, "instances"), 13))

    forth = {offset: list(amazon.instances(0, offset, 13)) for offset in offsets}
    back = {offset: list(amazon.instances(0, offset, 13)) for offset in reversed(offsets)}

    assert forth == back


def test_ids_and_names_never_repeat() -> None:
    landscape = Landscape(3000)
    amazon, garden = Amazon(landscape), Garden(landscape)
    rows = {
        kind: [
            row[IDENTIFIERS.get(kind, 0)]
            for place in range(12)
            for row in amazon.page(place, kind, 0, 10**6)
        ]
        for kind in LISTS
    }
    machines = [
        (found["metadata"]["namespace"], found["metadata"]["name"])
        for seed in range(landscape.seed_count)
        for found in SeedObjects(landscape).page(seed, "machines", 0, 10**6)
    ]
    shoots = [
        (found["metadata"]["namespace"], found["metadata"]["name"])
        for found in garden.shoots(None, 0, 10**6)
    ]

    for names in (*rows.values(), machines, shoots):
        assert len(set(names)) == len(names)


def test_technical_ids_fit_into_a_namespace_name(large: Landscape) -> None:
    names = [large.slot(slot).technical_id for slot in (0, 7, 99_999, 103_001)]

    assert all(len(name) <= 32 for name in names), names


def test_shoots_are_found_by_their_names() -> None:
    landscape = Landscape(200)
    for slot in landscape.garden_shoots:
        view = landscape.slot(slot)
        namespace = landscape.project_namespace(view.project)

        assert namespace is not None
        assert landscape.slot_of(namespace, view.name) == slot
    assert landscape.slot_of("garden", "no-such-shoot") is None


def test_a_hundred_thousand_shoots_keep_a_few_bytes_each(large: Landscape) -> None:
    landscape = large

    arrays = [value for value in vars(landscape).values() if isinstance(value, array)]
    groups: list[Group] = [*landscape.by_place, *landscape.by_seed]
    arrays += [group.slots for group in groups if isinstance(group.slots, array)]
    arrays += [sums for group in groups for sums in group.sums.values() if isinstance(sums, array)]
    stored = sum(len(numbers) * numbers.itemsize for numbers in arrays)

    machines = sum(group.total("seed:machines") for group in landscape.by_seed)
    assert machines > 400_000
    assert stored < 64 * len(landscape.state)
    assert len(landscape.garden_shoots) == 100_000 + landscape.managed_count
    assert sum(len(group.slots) for group in landscape.by_place) > 90_000


def test_a_tick_changes_eight_in_a_hundred_shoots() -> None:
    landscape = Landscape(2000)
    garden = Garden(landscape)

    def versions() -> dict[str, tuple[str, str]]:
        return {
            found["metadata"]["uid"]: (
                found["metadata"]["resourceVersion"],
                found["metadata"]["name"],
            )
            for found in garden.shoots(None, 0, 10**6)
        }

    before = versions()
    ticked = landscape.tick()
    after = versions()

    assert ticked.generation == 1
    assert len(before.keys() - after.keys()) == ticked.deleted
    assert len(after.keys() - before.keys()) == ticked.created
    changed = [uid for uid in before.keys() & after.keys() if before[uid] != after[uid]]
    assert len(changed) == ticked.rolled
    share = (ticked.deleted + ticked.created + ticked.rolled) / 2000
    assert 0.07 < share < 0.09
    assert 0 < ticked.leaked < ticked.deleted


def test_ticks_are_the_same_for_the_same_seed() -> None:
    first, second = Landscape(100), Landscape(100)
    for landscape in (first, second):
        landscape.tick()
        landscape.tick()

    assert everything(first) == everything(second)


def test_rolled_machines_are_new_machines() -> None:
    landscape = Landscape(200)
    before = {slot: landscape.slot(slot) for slot in landscape.garden_shoots}
    landscape.tick()

    rolled = [slot for slot, view in before.items() if landscape.slot(slot).roll != view.roll]

    assert rolled
    for slot in rolled:
        old, new = before[slot].machine(0), landscape.slot(slot).machine(0)
        assert old.name != new.name
        assert old.instance_id != new.instance_id


def test_every_account_and_region_has_something() -> None:
    landscape = Landscape(200)

    assert {(p.account, p.region) for p in landscape.places} == {
        *((account, region) for account in landscape.accounts for region in REGIONS),
        *((project, region) for project in GCP_PROJECTS for region in GCP_ZONES),
    }
    assert all(len(group.slots) for group in landscape.by_place)


def test_a_terminated_instance_was_a_machine_before_it_was_rolled() -> None:
    landscape = Landscape(400)
    amazon = Amazon(landscape)

    def states() -> dict[str, tuple[str, str]]:
        return {
            found.instance_id: (found.state, found.launched_at)
            for place in range(12)
            for found in amazon.instances(place, 0, 10**6)
        }

    before = states()
    for _ in range(4):
        landscape.tick()
    after = states()

    both = before.keys() & after.keys()
    changes = {(before[i][0], after[i][0]) for i in both if before[i][0] != after[i][0]}
    assert ("running", "terminated") in changes
    assert changes <= {
        ("running", "terminated"),
        ("shutting-down", "terminated"),
        ("pending", "running"),
    }
    assert all(before[i][1] == after[i][1] for i in both)


def test_a_machine_gets_its_provider_id_later() -> None:
    landscape = Landscape(40)

    def provider_ids() -> dict[str, str | None]:
        return {
            found["metadata"]["uid"]: found["spec"].get("providerID")
            for seed in range(landscape.seed_count)
            for found in SeedObjects(landscape).page(seed, "machines", 0, 10**6)
        }

    before = provider_ids()
    ticked = landscape.tick()
    after = provider_ids()

    settled = [uid for uid in before.keys() & after.keys() if before[uid] != after[uid]]
    assert len(settled) >= ticked.settled > 0
    assert all(before[uid] is None and after[uid] for uid in settled)


@pytest.mark.parametrize("shoots", [-1, 1_000_001])
def test_a_landscape_has_a_size(shoots: int) -> None:
    with pytest.raises(ValueError, match="a landscape has 0 to 1000000 shoots"):
        Landscape(shoots)
