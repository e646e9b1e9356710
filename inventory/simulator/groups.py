"""Finding the n-th item of a list whose items belong to slots."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Place:
    """An account's region, where cloud resources of one provider live."""

    provider: str
    account: str
    region: str
    first: bool
    """The first region of its account, which holds a network that is not Gardener's."""


@dataclass(frozen=True, slots=True)
class Group:
    """The slots of a place or a seed, and per list the number of items before each of them."""

    slots: Sequence[int]
    sums: dict[str, Sequence[int]]

    @classmethod
    def of(cls, slots: Sequence[int], numbers: Mapping[str, Iterable[int]]) -> Group:
        """Sum up how many items of each list the slots have."""
        sums: dict[str, Sequence[int]] = {
            kind: array("I", accumulate(n, initial=0)) for kind, n in numbers.items()
        }
        return cls(array("I", slots), sums)

    def total(self, kind: str) -> int:
        return self.sums[kind][-1]

    def spans(self, kind: str, offset: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """Yield (slot, first, last) that together are items [offset, offset + limit)."""
        sums = self.sums[kind]
        position = bisect_right(sums, offset) - 1
        while limit > 0 and position < len(self.slots):
            first = offset - sums[position]
            last = min(sums[position + 1] - sums[position], first + limit)
            if last > first:
                yield self.slots[position], first, last
                limit -= last - first
                offset += last - first
            position += 1
