"""What is not wrong yet but will be: looked for once when a service starts, a line and a remedy each."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from inventory.config import Config, is_loopback
from inventory.config.values import password_of
from inventory.db import engine
from inventory.errors import DatabaseError

log = logging.getLogger(__name__)

KNOWN_PASSWORDS = frozenset({"inventory", "postgres", "password", "changeme", "secret", "valkey"})
"""Those of deployment/compose.env and of the overlay for trials, and what people write first."""
KNOWN_TOKENS = frozenset({"inventory-trial-operator", "inventory-trial-viewer"})
MOST_SKEW = 1.0
PATIENCE = 2.0


@dataclass(frozen=True)
class Precaution:
    """What to think of before it hurts."""

    event: str
    detail: str
    remedy: str


def warn(config: Config) -> list[Precaution]:
    """Look, and log what was found. A server that is away is told by whoever needs it."""
    found = [*_passwords(config), *_exposure(config), *_redis(config), *_clock(config)]
    for each in found:
        log.warning(each.event, extra={"detail": each.detail, "remedy": each.remedy})
    return found


def _passwords(config: Config) -> Iterator[Precaution]:
    # libpq takes from the environment what the address does not say.
    dsn = password_of(config.database.dsn or "") or [os.environ.get("PGPASSWORD", "")]
    redis = password_of(config.redis.url or "")
    for key, passwords in (("database.dsn", dsn), ("redis.endpoint", redis)):
        if KNOWN_PASSWORDS & {*passwords}:
            yield Precaution(
                "default password",
                f"{key} has a password that everybody knows",
                "set another one, in the server and in deployment/compose.env or the Secret",
            )
    known = [
        token.name
        for token in config.api.auth.tokens
        if token.token is not None and token.token.get_secret_value() in KNOWN_TOKENS
    ]
    if known:
        yield Precaution(
            "default password",
            f"the tokens {', '.join(known)} of api.auth are those of the examples",
            "make new ones: `openssl rand -hex 32`",
        )


def _exposure(config: Config) -> Iterator[Precaution]:
    api = config.api
    if api.insecure and not api.auth.is_set and not is_loopback(api.host):
        yield Precaution(
            "API open to everyone",
            f"api.host is {api.host}, and --insecure lets whoever reaches it read and run tasks",
            "configure api.auth, or let nothing reach it but a proxy that asks who they are",
        )


def _redis(config: Config) -> Iterator[Precaution]:
    if config.redis.url is None:
        return
    client = Redis.from_url(
        config.redis.url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    try:
        # Not CONFIG GET, which servers in a cloud often refuse.
        memory = cast("dict[str, object]", client.info("memory"))
    except (RedisError, OSError):
        return
    finally:
        client.close()
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield Precaution(
            "Redis may forget doorbells",
            f"its maxmemory-policy is {policy}; what it evicts is found again, but late",
            "set `maxmemory-policy noeviction`",
        )


def _clock(config: Config) -> Iterator[Precaution]:
    skew = clock_skew(str(config.database.dsn)) if config.database.dsn else 0.0
    if abs(skew) > MOST_SKEW:
        yield Precaution(
            "clocks differ",
            f"that of PostgreSQL is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} ours",
            "let both machines follow the same time servers",
        )


def clock_skew(dsn: str) -> float:
    """By how many seconds PostgreSQL's clock is ahead of ours; what it surely is, whatever the way
    there took. 0 if it does not answer.
    """
    try:
        with engine.connect(dsn) as db:
            before = time.time()
            row = db.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
            after = time.time()
    except (DatabaseError, psycopg.Error):
        return 0.0
    there: float = row[0] if row else before
    if there > after:
        return there - after
    return min(there - before, 0.0)
