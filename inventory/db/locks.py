"""Advisory locks of PostgreSQL, by name."""

from __future__ import annotations

import hashlib

from inventory.db.engine import Connection


def lock_number(*parts: str) -> int:
    """A signed 64-bit number for a name, the same in every process."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def lock(db: Connection, *parts: str) -> None:
    """Wait for the lock of that name; it is given back at the end of the transaction."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (lock_number(*parts),))
