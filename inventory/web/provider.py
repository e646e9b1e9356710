"""Asking an identity provider for the keys that it signs with."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from inventory.config.values import is_loopback

PATIENCE = 5.0
"""How long its answer may take, in seconds."""
LARGEST = 1 << 20
MOST_KEYS = 200


@dataclass(frozen=True)
class Provider:
    """An identity provider, by its issuer."""

    issuer: str

    async def keys(self) -> tuple[Mapping[str, Any], ...]:
        """The keys that it publishes now. Raises OSError, TimeoutError or ValueError."""
        async with asyncio.timeout(2 * PATIENCE):
            return await asyncio.to_thread(self._keys)

    def _keys(self) -> tuple[Mapping[str, Any], ...]:
        said = _read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.issuer:
            raise ValueError(f"its configuration is of another issuer, {said.get('issuer')!r}")
        address = said.get("jwks_uri")
        if not isinstance(address, str) or not is_private_enough(address):
            raise ValueError("its configuration names no jwks_uri with https://")
        keys = _read(address).get("keys")
        if not isinstance(keys, list):
            raise ValueError(f"{address} holds no list of keys")
        return tuple(key for key in keys[:MOST_KEYS] if isinstance(key, dict))


def is_private_enough(address: str) -> bool:
    """Whether nobody on the way can answer instead: TLS, or this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


class _Stay(urllib.request.HTTPRedirectHandler):
    """A provider does not send elsewhere for its keys."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _read(address: str) -> dict[str, Any]:
    """A JSON object from an address."""
    opener = urllib.request.build_opener(_Stay())
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        address, headers={"Accept": "application/json", "User-Agent": "inventory"}
    )
    deadline = time.monotonic() + PATIENCE
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            body = b""
            while part := answer.read1(1 << 16):
                body += part
                if len(body) > LARGEST or time.monotonic() > deadline:
                    raise ValueError(f"{address} answers too much, or too slowly")
    except urllib.error.HTTPError as error:
        raise ValueError(f"{address} answers {error.code}") from None
    except urllib.error.URLError as error:
        raise OSError(f"{address} cannot be reached: {error.reason}") from None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"{address} answers no JSON") from None
    if not isinstance(found, dict):
        raise ValueError(f"{address} answers no JSON object")
    return found
