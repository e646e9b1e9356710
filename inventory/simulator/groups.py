"""Finding the n-th item of a list whose items belong to slots."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """An account's region, where cloud resources of one provider live."""

    provider: str
    account: str
    region: str
    first: bool
    """The first region of its account, which holds a network that is not Gardener's."""


class Group:
    """The slots of a place or a seed, and per list the number of items before each of them."""

    def __init__(self, slots: Iterable[int], measure: Callable[[str, int], int]) -> None:
        self.slots: Sequence[int] = array("I", slots)
        self.sums: dict[str, Sequence[int]] = {}
        """Of the lists that were asked for so far."""
        self._measure = measure

    def _sums(self, kind: str) -> Sequence[int]:
        found = self.sums.get(kind)
        if found is None:
            numbers = (self._measure(kind, slot) for slot in self.slots)
            found = self.sums[kind] = array("I", accumulate(numbers, initial=0))
        return found

    def total(self, kind: str) -> int:
        return self._sums(kind)[-1]

    def before(self, kind: str, slot: int) -> int | None:
        """The position of a slot's first item, if the group has the slot; its slots ascend."""
        position = bisect_left(self.slots, slot)
        if position < len(self.slots) and self.slots[position] == slot:
            return self._sums(kind)[position]
        return None

    def spans(self, kind: str, offset: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """Yield (slot, first, last) that together are items [offset, offset + limit)."""
        sums = self._sums(kind)
        position = bisect_right(sums, offset) - 1
        while limit > 0 and position < len(self.slots):
            first = offset - sums[position]
            last = min(sums[position + 1] - sums[position], first + limit)
            if last > first:
                yield self.slots[position], first, last
                limit -= last - first
                offset += last - first
            position += 1


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A piece of a list: fixed items, or those of the slots of a group."""

    total: int
    items: Callable[[int, int], Iterable[T]]
    """The items [offset, offset + limit) of this part."""


def fixed_part(items: Sequence[T]) -> Part[T]:
    return Part(len(items), lambda offset, limit: items[offset : offset + limit])


def page(parts: Iterable[Part[T]], offset: int, limit: int) -> Iterator[T]:
    """Items [offset, offset + limit) of the parts one after another."""
    for part in parts:
        if limit <= 0:
            return
        if offset < part.total:
            count = min(limit, part.total - offset)
            yield from part.items(offset, count)
            limit -= count
            offset = 0
        else:
            offset -= part.total
