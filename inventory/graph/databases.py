"""The database as each caller may see it.

Everybody's statements are the same.  What a caller sees is a matter of the connection that they run
on: which schema its names lead to, and which scopes its settings list (`db.visible`).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from psycopg_pool import AsyncConnectionPool

from inventory.catalog import Catalog
from inventory.core.access import Caller, Restriction
from inventory.core.model import Resource
from inventory.db import visible
from inventory.graph.database import Connection, PooledDatabase

FRESH = 5.0
"""How long the scopes that a restriction names are remembered, in seconds."""
REMEMBERED = 500
"""Of how many restrictions."""


class Databases:
    """The database as each caller may see it."""

    def __init__(self, dsn: str, catalog: Catalog, *, size: int, timeout_ms: int) -> None:
        def pooled(search_path: str | None, idle: int = 0) -> PooledDatabase:
            return PooledDatabase(
                dsn, size=size, timeout_ms=timeout_ms, search_path=search_path, idle=idle
            )

        self.whole = pooled(None, idle=1)
        """Everything, for operators."""
        # These connect when the first of their callers comes.
        self._viewers = pooled(f"{visible.VIEWER}, *")
        self._restricted = pooled(visible.RESTRICTED)
        self._scopes = VisibleScopes(self.whole, _tables(catalog))

    async def open(self) -> None:
        for each in (self.whole, self._viewers, self._restricted):
            await each.open()

    async def close(self) -> None:
        for each in (self.whole, self._viewers, self._restricted):
            await each.close()

    def pools(self) -> dict[str, AsyncConnectionPool[Connection]]:
        """The pools behind it, by whom they are for."""
        return {
            "api": self.whole.pool,
            "viewers": self._viewers.pool,
            "restricted": self._restricted.pool,
        }

    def watch(self, observe: Callable[[float], None]) -> None:
        """Tell how many seconds each statement takes from now on."""
        for each in (self.whole, self._viewers, self._restricted):
            each.observe = observe

    def of(self, caller: Caller) -> PooledDatabase:
        """The database as this caller may see it."""
        if caller.restriction is not None:
            return RestrictedDatabase(self._restricted, caller.restriction, self._scopes)
        return self.whole if caller.role == "operator" else self._viewers


class Nobody:
    """The database as nobody may see it: for an engine that is not on a caller's yet."""

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        raise RuntimeError("a statement for no caller; use engine.on(databases.of(caller))")


class RestrictedDatabase(PooledDatabase):
    """For a caller who may see some scopes: a connection is told which, if it was told of others
    before.
    """

    def __init__(
        self, inner: PooledDatabase, restriction: Restriction, scopes: VisibleScopes
    ) -> None:
        self.pool = inner.pool
        self.observe = inner.observe
        self._restriction = restriction
        self._scopes = scopes

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        found = await self._scopes.of(self._restriction)
        async with super().connection() as connection:
            await self._scopes.tell(connection, found)
            yield connection


@dataclass(frozen=True, eq=False)
class Named:
    """The scopes that a restriction named at a moment: of every table, as text of an array."""

    scopes: dict[str, str]
    at: float


@dataclass
class VisibleScopes:
    """The scopes that restrictions name, remembered for a few seconds."""

    database: PooledDatabase
    tables: dict[str, str]
    """The table of each model, by the model's name in the ledger of scopes."""
    _known: OrderedDict[Restriction, Named] = field(default_factory=OrderedDict)
    _asking: dict[Restriction, asyncio.Lock] = field(default_factory=dict)
    _told: WeakKeyDictionary[Connection, dict[str, str]] = field(default_factory=WeakKeyDictionary)

    async def of(self, restriction: Restriction) -> Named:
        """What a restriction names now, or named a few seconds ago."""
        known = self._fresh(restriction)
        if known is not None:
            return known
        # Many requests of one caller ask once.
        lock = self._asking.setdefault(restriction, asyncio.Lock())
        try:
            async with lock:
                return self._fresh(restriction) or await self._ask(restriction)
        finally:
            if not lock.locked():
                self._asking.pop(restriction, None)

    async def tell(self, connection: Connection, named: Named) -> None:
        """Set what a connection shows. After a failure it is told again before it is used."""
        if self._told.get(connection) is named.scopes:
            return
        self._told.pop(connection, None)
        await connection.execute(
            "SELECT count(set_config(name, value, false))"
            " FROM unnest(%s::text[], %s::text[]) AS s(name, value)",
            ([visible.setting(table) for table in named.scopes], [*named.scopes.values()]),
        )
        self._told[connection] = named.scopes

    def _fresh(self, restriction: Restriction) -> Named | None:
        known = self._known.get(restriction)
        return known if known is not None and time.monotonic() < known.at + FRESH else None

    async def _ask(self, restriction: Restriction) -> Named:
        asked_at = time.monotonic()
        found = dict.fromkeys(self.tables.values(), "{}")
        every: list[str] = []
        for model, ids in await self.database.rows(*visible.scopes_of(restriction)):
            table = self.tables.get(model.decode())
            if table is not None:
                found[table] = ids.decode()
                every.append(found[table].strip("{}"))
        found[visible.SCOPES] = "{" + ",".join(every) + "}"
        before = self._known.pop(restriction, None)
        if before is not None and before.scopes == found:
            # The same object, so that connections need not be told again.
            found = before.scopes
        named = self._known[restriction] = Named(found, asked_at)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return named


def _tables(catalog: Catalog) -> dict[str, str]:
    return {
        model.registered_name(): str(model.__tablename__)
        for model in catalog
        if issubclass(model, Resource)
    }
