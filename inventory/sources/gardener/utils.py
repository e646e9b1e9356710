"""Small readings of Kubernetes objects. Objects are taken as they come: any part may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from inventory.errors import BadAnswer
from inventory.sources.gardener.constants import SERVICE_ACCOUNT, VOLUME_SOURCES

Object = Mapping[str, Any]


def part(item: Object, *path: str) -> Object:
    """The object at a path; empty if it is missing. Raises BadAnswer if it is something else."""
    found: Any = item
    for name in path:
        found = found.get(name)
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            raise BadAnswer(f"gardener {identify(item)}: {'.'.join(path)} is no object: {found!r}")
    return found  # type: ignore[no-any-return]  # it is a mapping; of what, the API says


def listed(item: Object, *path: str) -> list[Object]:
    """The list of objects at a path; empty if it is missing. Raises BadAnswer for anything else."""
    *outer, name = path
    found = part(item, *outer).get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise BadAnswer(f"gardener {identify(item)}: {'.'.join(path)} is no list of objects")
    return found


def required(item: Object, name: str, what: str) -> str:
    """A text that identifies something. Raises BadAnswer, naming what lacks it."""
    found = item.get(name)
    if not isinstance(found, str) or not found:
        raise BadAnswer(f"gardener {what} without {name}: {str(dict(item))[:200]}")
    return found


def text(item: Object, name: str) -> str | None:
    """A text, or None where it is missing or empty."""
    return item.get(name) or None


def created(item: Object) -> datetime | None:
    """`metadata.creationTimestamp`. Raises BadAnswer if it is no time."""
    said = part(item, "metadata").get("creationTimestamp")
    if not said:
        return None
    try:
        time = datetime.fromisoformat(said)
    except (TypeError, ValueError) as error:
        raise BadAnswer(
            f"gardener {identify(item)}: creationTimestamp is no time: {said!r}"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def identify(item: Object) -> str:
    """How people call an object: `Shoot garden-dev/web`."""
    metadata = item.get("metadata")
    names = metadata if isinstance(metadata, Mapping) else {}
    place = [str(names[key]) for key in ("namespace", "name") if names.get(key)]
    return " ".join([str(item.get("kind") or "object"), "/".join(place)]).strip()


def member_name(member: Object, project: str) -> str:
    """A service account is called as Kubernetes calls it when it asks for something."""
    name = required(member, "name", f"project {project}: a member")
    if member.get("kind") == SERVICE_ACCOUNT and member.get("namespace"):
        return f"system:serviceaccount:{member['namespace']}:{name}"
    return name


def managed_shoots(managed_seeds: Iterable[Object]) -> dict[str, tuple[str, str]]:
    """Seed → namespace and name of the shoot that it runs on, for those that run on one."""
    return {
        seed["metadata"]["name"]: (seed["metadata"]["namespace"], shoot)
        for seed in managed_seeds
        if (shoot := text(part(seed, "spec", "shoot"), "name"))
    }


def values(item: Object, name: str) -> list[str]:
    """The texts of a list; empty if it is missing."""
    return [str(value) for value in item.get(name) or () if value is not None]


def volume_source(spec: Object) -> tuple[str | None, str | None]:
    """What provides a persistent volume, and what the disk is called there."""
    csi = part(spec, "csi")
    if csi:
        return f"csi:{csi.get('driver') or 'unknown'}", text(csi, "volumeHandle")
    for source, (kind, names) in VOLUME_SOURCES.items():
        found = part(spec, source)
        if found:
            named = [str(found[name]) for name in names if found.get(name)]
            return f"in-tree:{kind}", ":".join(named) or None
    return None, None
