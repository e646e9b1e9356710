"""Tokens that `inventory token create` made: known to every replica within seconds, and gone as fast."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from inventory.core.access import Caller
from inventory.db import tokens
from inventory.errors import DatabaseError

FRESH = 2.0
"""How long what was read counts, in seconds: so long may a revoked token still be taken."""
AGAIN = 0.25
"""How soon they are read again for a token that is not known yet."""
NOTED = 60.0
"""How often the use of tokens is written down."""

log = logging.getLogger(__name__)
Fetch = Callable[[str, Mapping[str, Any]], Awaitable[list[Any]]]


@dataclass(frozen=True)
class Stored:
    """A token that was read."""

    id: UUID
    caller: Caller
    digest: bytes
    expires_at: datetime | None


@dataclass
class StoredTokens:
    """All of them in memory: an unknown token costs no statement of its own, however many come."""

    fetch: Fetch
    """Runs a statement on the database."""
    _known: dict[bytes, Stored] = field(default_factory=dict)
    _read_at: float = float("-inf")
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _used: set[UUID] = field(default_factory=set)
    _noted_at: float = field(default_factory=time.monotonic)
    _noting: asyncio.Task[None] | None = None

    async def caller(self, token: str) -> Caller | None:
        """Who asks with this token. Raises DatabaseError when that cannot be known."""
        if not token.startswith(tokens.PREFIX):
            return None
        given = tokens.digest(token)
        if self._age() > FRESH:
            await self._read(FRESH)
        found = self._known.get(given)
        if found is None:
            # It may have been made since; who guesses waits as well, and all who wait read once.
            await asyncio.sleep(AGAIN - self._age() + 0.01)
            await self._read(AGAIN)
            found = self._known.get(given)
        if found is None or not hmac.compare_digest(found.digest, given):
            return None
        if found.expires_at is not None and found.expires_at <= datetime.now(UTC):
            return None
        self._note(found)
        return found.caller

    async def close(self) -> None:
        """Write down which tokens were used."""
        if self._noting is not None:
            await self._noting
        await self._write()

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    async def _read(self, older_than: float) -> None:
        """Read them, unless another request just did."""
        async with self._reading:
            if self._age() <= older_than:
                return
            began = time.monotonic()
            rows = await self.fetch(tokens.ACTIVE, {})
            known = {}
            for row_id, name, role, restriction, sha256, expires_at in rows:
                caller = tokens.caller_of(name, role, restriction)
                if caller is None:
                    log.warning("token not understood", extra={"token_name": name})
                    continue
                digest = bytes.fromhex(sha256)
                known[digest] = Stored(row_id, caller, digest, expires_at)
            self._known, self._read_at = known, began

    def _note(self, found: Stored) -> None:
        """Remember that it was used; now and then that is written, for all at once."""
        self._used.add(found.id)
        now = time.monotonic()
        if now - self._noted_at > NOTED and (self._noting is None or self._noting.done()):
            self._noted_at = now
            self._noting = asyncio.create_task(self._write())

    async def _write(self) -> None:
        used, self._used = self._used, set()
        if used:
            # When a token was last used is worth no failed request.
            with suppress(DatabaseError):
                await self.fetch(tokens.USED, {"ids": list(used)})
