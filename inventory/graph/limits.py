"""What an operation may ask for. Checked while the plan is made, so before any SQL runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from inventory.errors import QueryError

TOO_COSTLY = "TOO_COSTLY"
PIECES = 10
"""How many times the fields of a query its statement may hold, since each kind has its own."""
SORT_KEYS = 16
"""A page behind a cursor compares each key with all keys before it."""


@dataclass(frozen=True)
class Limits:
    """The limits of one operation; the names are those of `api.limits` in the configuration."""

    default_first: int = 50
    first: int = 1_000
    depth: int = 15
    rows: int = 50_000
    fields: int = 2_000
    aliases: int = 500
    tokens: int = 5_000
    ids: int = 100
    body_bytes: int = 256 * 1024
    looked: int = 6_000
    """How many edges one search for paths may look at; it counts as so many rows."""
    search_ms: int = 1_500


@dataclass
class Budget:
    """Counts what an operation asks for, and refuses the moment that a limit is passed."""

    limits: Limits
    rows: int = field(default=0)
    fields: int = field(default=0)
    conditions: int = field(default=0)
    pieces: int = field(default=0)
    """Fields, counted for each kind that they may be fields of."""

    def spend_rows(self, rows: int) -> None:
        """Count rows: the product of the page sizes along the path, added up over all lists."""
        self.rows += rows
        if self.rows > self.limits.rows:
            raise QueryError(
                f"the query asks for {self.rows} rows or more (page sizes multiplied along each path); "
                f"the limit is {self.limits.rows}. Ask for smaller pages with `first:`",
                code=TOO_COSTLY,
                limit=self.limits.rows,
                cost=self.rows,
            )

    def spend_field(self) -> None:
        self.fields += 1
        self.pieces += 1
        if self.pieces > PIECES * self.limits.fields:
            raise QueryError(
                "the query asks for objects of any kind inside objects of any kind, which makes more "
                f"than {PIECES * self.limits.fields} fields; narrow them with `relations` or `types`",
                code=TOO_COSTLY,
                limit=PIECES * self.limits.fields,
            )
        if self.fields > self.limits.fields:
            raise QueryError(
                f"the query selects more than {self.limits.fields} fields, fragments counted each "
                "time they are used. Split it",
                code=TOO_COSTLY,
                limit=self.limits.fields,
                cost=self.fields,
            )

    @contextmanager
    def alternatives(self) -> Iterator[Callable[[], AbstractContextManager[None]]]:
        """Count what only one of several can ask for: the most of each."""
        before = most = (self.rows, self.fields, self.conditions)

        @contextmanager
        def alternative() -> Iterator[None]:
            nonlocal most
            self.rows, self.fields, self.conditions = before
            yield
            found = (self.rows, self.fields, self.conditions)
            most = (max(most[0], found[0]), max(most[1], found[1]), max(most[2], found[2]))

        yield alternative
        self.rows, self.fields, self.conditions = most

    def spend_condition(self) -> None:
        self.conditions += 1
        if self.conditions > self.limits.fields:
            raise QueryError(
                f"the query holds more than {self.limits.fields} conditions; compare with `in:`",
                code=TOO_COSTLY,
                limit=self.limits.fields,
                cost=self.conditions,
            )

    def check_order(self, asked: int) -> None:
        if asked > SORT_KEYS:
            raise QueryError(
                f"`orderBy` takes at most {SORT_KEYS} keys, and got {asked}",
                code=TOO_COSTLY,
                limit=SORT_KEYS,
                cost=asked,
            )

    def check_depth(self, depth: int) -> None:
        """`depth` counts objects and connections from the root."""
        if depth > self.limits.depth:
            raise QueryError(
                f"the query is nested deeper than {self.limits.depth} levels",
                code=TOO_COSTLY,
                limit=self.limits.depth,
                cost=depth,
            )

    def check_first(self, name: str, asked: int) -> None:
        if asked < 0:
            raise QueryError(f"`{name}` must not be negative, and is {asked}")
        if asked > self.limits.first:
            raise QueryError(
                f"`{name}` is {asked}; at most {self.limits.first} rows come on a page",
                code=TOO_COSTLY,
                limit=self.limits.first,
                cost=asked,
            )

    def check_ids(self, asked: int) -> None:
        if asked > self.limits.ids:
            raise QueryError(
                f"`nodes` takes at most {self.limits.ids} ids, and got {asked}",
                code=TOO_COSTLY,
                limit=self.limits.ids,
                cost=asked,
            )
