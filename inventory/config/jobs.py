"""`scheduler.jobs`: what a job says, and how jobs of several files become one list."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from pydantic import field_validator, model_validator

from inventory.config.files import Tree, TreeList, plain, read_text
from inventory.config.values import Refused, Section
from inventory.core import duration
from inventory.errors import ConfigError, InventoryError

_RENAMED = {
    "aws:task:collect-dns-record": "aws:task:collect-dns-records",
    "common:task:delete-archived": "common:task:delete-archived-tasks",
    "common:task:delete-completed": "common:task:delete-completed-tasks",
}
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def current_name(name: str) -> str:
    """The name of a task or a model today, if the original called it otherwise."""
    if name.startswith("aux:"):
        name = "common:" + name.removeprefix("aux:")
    return _RENAMED.get(name, name)


class Job(Section):
    """A task that the scheduler enqueues by itself."""

    id: str = ""
    """Tells jobs of one task apart; made of name and payload if not given."""
    name: str
    """The task."""
    spec: str
    """Five cron fields, `@hourly` and its like, or `@every 1h30m`; `CRON_TZ=Zone` may precede."""
    desc: str | None = None
    payload: dict[str, Any] | None = None
    """A mapping, or the same as text in YAML or JSON."""
    queue: str | None = None
    """Absent: `scheduler.default_queue`."""
    priority: int | None = None
    """Of two waiting runs in a queue the one of higher priority goes first."""
    is_enabled: bool = True
    """With false, a job of an earlier file is left out."""

    @field_validator("name")
    @classmethod
    def _current(cls, name: str) -> str:
        name = current_name(name)
        if not re.fullmatch(r"[a-z][a-z0-9]*:task:[a-z][a-z0-9-]*", name):
            raise ValueError("the name of a task is expected, such as aws:task:collect-vpcs")
        return name

    @field_validator("spec")
    @classmethod
    def _time(cls, spec: str) -> str:
        check_spec(spec)
        return spec

    @field_validator("payload", mode="before")
    @classmethod
    def _mapping(cls, value: object) -> object:
        return None if value is None else read_payload(value)

    @model_validator(mode="after")
    def _identify(self) -> Self:
        if not self.id:
            object.__setattr__(self, "id", _default_id(self.name, self.payload))
        return self


def check_spec(spec: str) -> None:
    """Raise ValueError for a time that the scheduler could not follow."""
    text = spec.strip()
    zone = re.match(r"(?:CRON_TZ|TZ)=(\S+)\s+", text)
    if zone:
        _check_zone(zone[1])
        text = text[zone.end() :]
    if text.startswith("@every "):
        _check_every(text.removeprefix("@every "))
        return
    if text.startswith("@"):
        if text not in _DESCRIPTORS:
            raise ValueError(f"one of {', '.join(_DESCRIPTORS)} or @every 1h is expected")
        return
    from cronsim import CronSim, CronSimError

    if len(text.split()) != 5:
        raise ValueError("five cron fields, @hourly or @every 1h are expected, such as 0 3 * * *")
    try:
        from datetime import UTC, datetime

        CronSim(text, datetime.now(UTC))
    except CronSimError as error:
        raise ValueError(f"these are no cron fields: {error}") from error


def _check_every(text: str) -> None:
    try:
        every = duration.parse(text)
    except InventoryError as error:
        raise ValueError(f"@every needs a duration such as 30m or 1h30m, not {text!r}") from error
    if every.total_seconds() < 1:
        raise ValueError("@every needs at least 1s")


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is named {name!r}") from error


def read_payload(value: object) -> dict[str, Any]:
    """Make a mapping of a payload that may be text. Raises ValueError."""
    if isinstance(value, str):
        try:
            value = plain(read_text(value, "payload"))
        except ConfigError as error:
            raise ValueError(f"the text cannot be read: {error}") from error
        if value is None:
            return {}
    if not isinstance(value, Mapping):
        raise Refused(("", "a mapping is expected, or the same as text in YAML or JSON"))
    payload = {str(key): part for key, part in value.items()}
    retention = payload.get("retention")
    if isinstance(retention, Sequence) and not isinstance(retention, str):
        payload["retention"] = [
            {**entry, "name": current_name(str(entry["name"]))}
            if isinstance(entry, Mapping) and "name" in entry
            else entry
            for entry in retention
        ]
    return payload


def _default_id(name: str, payload: Mapping[str, Any] | None) -> str:
    rest = _identity(payload)
    if not rest:
        return name
    return f"{name}#{hashlib.sha256(rest.encode()).hexdigest()[:8]}"


def _identity(payload: Mapping[str, Any] | None) -> str:
    """What of a payload tells two jobs of one task apart: all but the housekeeper's durations."""
    parts = {k: v for k, v in (payload or {}).items() if k not in ("retention", "default")}
    return json.dumps(parts, sort_keys=True, default=str) if parts else ""


def refuse_twins(jobs: Iterable[Job]) -> None:
    """Refuse two jobs that nothing tells apart."""
    seen: dict[str, int] = {}
    found = []
    for index, job in enumerate(jobs):
        if job.id in seen:
            found.append(
                (
                    f"jobs[{index}]",
                    f"jobs[{seen[job.id]}] has the same name and payload ({job.name}); "
                    "give one of them an `id` of its own if both are meant",
                )
            )
        seen.setdefault(job.id, index)
    if found:
        raise Refused(*found)


def merge_jobs(earlier: TreeList, later: TreeList) -> TreeList:
    """Change the earlier jobs by the later ones, and append those that are new.

    Jobs are the same if their `id` is, or else their name and payload, or if the later one has no
    payload and the earlier files have one job of that name.  `retention` does not tell jobs apart:
    its entries merge by name.
    """
    merged = earlier.copy()
    for index, job in enumerate(later):
        place = later.places[index]
        at = _find(merged, job) if isinstance(job, Tree) else None
        if at is None:
            merged.put(job, place)
        else:
            merged[at] = _changed(merged[at], job)
            merged.places[at] = place
    return merged


def _find(jobs: TreeList, wanted: Tree) -> int | None:
    same = [
        (index, job)
        for index, job in enumerate(jobs)
        if isinstance(job, Tree)
        and current_name(str(job.get("name"))) == current_name(str(wanted.get("name")))
    ]
    if wanted.get("id"):
        return next((i for i, job in same if job.get("id") == wanted["id"]), None)
    if not wanted.get("payload"):
        bare = [i for i, job in same if not job.get("payload")]
        return bare[0] if bare else same[0][0] if len(same) == 1 else None
    mine = _identity(_payload(wanted))
    return next((i for i, job in same if _identity(_payload(job)) == mine), None)


def _payload(job: Tree) -> dict[str, Any]:
    try:
        return read_payload(job.get("payload") or {})
    except ValueError:
        return {}


def _changed(earlier: Tree, later: Tree) -> Tree:
    merged = earlier.merged(later)
    if earlier.get("payload") and later.get("payload"):
        before, after = _payload(earlier), _payload(later)
        payload = before | after
        old, new = before.get("retention"), after.get("retention")
        if isinstance(old, list) and isinstance(new, list):
            payload["retention"] = _by_name(old, new)
        merged["payload"] = payload
    return merged


def _by_name(earlier: list[Any], later: list[Any]) -> list[Any]:
    entries: dict[str, Any] = {}
    for number, entry in enumerate([*earlier, *later]):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        key = str(name) if name else f"#{number}"
        entries[key] = {**entries[key], **entry} if key in entries else entry
    return list(entries.values())
