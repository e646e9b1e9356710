"""Small readings of Google Cloud's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_network
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import orjson

from inventory.sources.gcp.constants import UNCONDITIONAL

MACHINE = re.compile(r"(shoot--.+--.+)-z[0-9]+-[0-9a-z]{5}-[0-9a-z]{5}")
"""The name that Gardener's machines have: technical id, worker group, zone, and two hashes."""
ZONE = re.compile(r".+-[a-z]")


def name_of(link: str | None) -> str | None:
    """The last part of an address in the API: `…/zones/europe-west1-b` → `europe-west1-b`."""
    return link.rpartition("/")[2] or None if link else None


def behind(link: str | None, collection: str) -> str | None:
    """The name behind a collection's in an address: with `zones`, `…/zones/z/disks/d` → `z`."""
    _, found, rest = f"/{link or ''}".partition(f"/{collection}/")
    return rest.partition("/")[0] or None if found else None


def region_of(zone: str | None) -> str | None:
    """The region of a zone: `europe-west1-b` → `europe-west1`."""
    return zone.rpartition("-")[0] or None if zone else None


def region_of_location(location: str | None) -> str | None:
    """The region that a location is or, if it is a zone, lies in."""
    return region_of(location) if location and ZONE.fullmatch(location) else location


def address(text: str | None) -> str | None:
    """An IPv4 or IPv6 address, or None where there is none or something else stands there."""
    if not text:
        return None
    try:
        inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except OSError:
        return None
    return text


def network(text: str | None) -> str | None:
    """A network, or None where there is none or something else stands there."""
    if not text:
        return None
    try:
        return str(ip_network(text))
    except ValueError:
        return None


def moment(text: str | None) -> datetime | None:
    """A time as the APIs write it, with its offset. Raises ValueError for anything else."""
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time without an offset: {text!r}")
    return time


def condition_key(condition: Mapping[str, Any] | None) -> str:
    """Tells bindings of one role apart: by the whole of their conditions."""
    if not condition:
        return UNCONDITIONAL
    return sha256(orjson.dumps(condition, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def worker_prefix(name: str) -> str | None:
    """How the names of a worker group's machines begin, if this is the name of one.

    `shoot--dev--web-worker-z1-5f6c9-x2b7k` → `shoot--dev--web-worker`: the technical id and the
    group.  Which of its dashes parts the two, only the shoots know.
    """
    found = MACHINE.fullmatch(name)
    return found[1] if found else None
