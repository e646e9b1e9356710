"""What a listing may not lack: the member that holds the items, and what identifies each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from inventory.errors import BadAnswer
from inventory.sources.aws.client.accounts import Account
from inventory.sources.aws.client.readers import RegionReader
from inventory.sources.gardener.client.cluster import Cluster, Patience


class Region(RegionReader):
    """A region whose pages were recorded."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        super().__init__("111122223333", "eu-central-1", {"ec2": cast(Account, None)})
        self.recorded = pages

    def _client(self, service: str) -> Any:
        return None

    def _pages(self, *_: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        yield from self.recorded


class Garden(Cluster):
    """A garden whose only page was recorded."""

    def __init__(self, page: dict[str, Any]) -> None:
        super().__init__("garden", lambda: pytest.fail("nothing connects"), Patience())
        self.page = page

    def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        return self.page


def instances(*pages: dict[str, Any]) -> list[dict[str, Any]]:
    reader = Region(*pages)
    return list(
        reader.items("ec2", "DescribeInstances", "Reservations.Instances", key="InstanceId")
    )


def test_items_are_reached_through_what_holds_them() -> None:
    a, b, c = ({"InstanceId": name} for name in "abc")
    pages: list[dict[str, Any]] = [
        {"Reservations": [{"Instances": [a, b]}, {}]},
        {"Reservations": []},
        {"Reservations": [{"Instances": [c]}]},
    ]

    assert instances(*pages) == [a, b, c]


def test_an_answer_without_the_list_is_no_empty_list() -> None:
    with pytest.raises(BadAnswer, match=r"DescribeInstances: no Reservations in the answer"):
        instances({"Reservations": []}, {"Other": []})


def test_an_item_without_its_key_is_named() -> None:
    with pytest.raises(
        BadAnswer, match=r"ec2:DescribeInstances: an item without InstanceId: .*ami-1"
    ):
        instances({"Reservations": [{"Instances": [{"ImageId": "ami-1"}]}]})


@pytest.mark.parametrize("items", [None, []])
def test_an_empty_list_may_be_null(items: object) -> None:
    assert list(Garden({"items": items}).items("/x")) == []


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ({"kind": "Status"}, "no list of items"),
        ({"items": {"a": 1}}, "no list of items"),
        ({"items": ["a"]}, "object without name"),
        ({"items": [{"kind": "Shoot", "metadata": {"name": "web"}}]}, "Shoot web without name or"),
        ({"items": [{"kind": "Shoot", "metadata": {"namespace": "n"}}]}, "Shoot n without name or"),
    ],
)
def test_an_object_without_its_name_is_named(page: dict[str, Any], says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        list(Garden(page).items("/x", namespaced=True))
