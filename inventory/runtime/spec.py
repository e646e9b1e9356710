"""When a job is due: five cron fields, `@hourly` and its like, `@every 1h30m`, all with `CRON_TZ=`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from inventory.core import duration
from inventory.errors import ConfigError

DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
ZONE = re.compile(r"(?:CRON_TZ|TZ)=(\S+)\s+")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Every:
    """Ticks at equal distances from the epoch, so that a restart does not move them.

    `offset` is the job's own, so that sixty hourly jobs do not start in one second.
    """

    distance: timedelta
    offset: timedelta

    def before(self, moment: datetime) -> datetime:
        """The last tick that is not after this moment."""
        count = (moment - EPOCH - self.offset) // self.distance
        return EPOCH + self.offset + count * self.distance

    def after(self, moment: datetime) -> datetime:
        """The first tick after this moment."""
        return self.before(moment) + self.distance


@dataclass(frozen=True)
class Cron:
    """Ticks at the times of day that five fields name, in a time zone."""

    fields: str
    zone: tzinfo

    def before(self, moment: datetime) -> datetime:
        """The last tick that is not after this moment."""
        # The search begins beside the moment given, and a tick on it counts as well.
        beside = moment.replace(microsecond=0) + timedelta(seconds=1)
        start = beside.astimezone(self.zone)
        return next(CronSim(self.fields, start, reverse=True)).astimezone(UTC)

    def after(self, moment: datetime) -> datetime:
        """The first tick after this moment."""
        return next(CronSim(self.fields, moment.astimezone(self.zone))).astimezone(UTC)


Ticks = Every | Cron


def ticks(spec: str, *, job: str) -> Ticks:
    """Read a spec. Raises ConfigError that names the job and says what to write instead."""
    zone, text = _zone(spec.strip(), job)
    if text.startswith("@every"):
        return _every(text.removeprefix("@every").strip(), job)
    fields = DESCRIPTORS.get(text, text)
    if fields.startswith("@"):
        raise ConfigError(
            f"job {job}: {spec!r} is none of {', '.join(DESCRIPTORS)} or @every 1h30m"
        )
    if len(fields.split()) != 5:
        raise ConfigError(
            f"job {job}: {spec!r} has {len(fields.split())} fields; "
            "write five, such as 0 3 * * *, or @hourly, or @every 1h30m"
        )
    cron = Cron(fields, zone)
    try:
        cron.after(datetime.now(UTC))
    except (CronSimError, StopIteration) as error:
        raise ConfigError(
            f"job {job}: {spec!r} is no time that ever comes: {str(error) or 'it never matches'}"
        ) from error
    return cron


def _zone(spec: str, job: str) -> tuple[tzinfo, str]:
    named = ZONE.match(spec)
    if not named:
        return UTC, spec
    try:
        return ZoneInfo(named[1]), spec[named.end() :]
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"job {job}: no time zone is named {named[1]!r}; write one such as Europe/Berlin"
        ) from error


def _every(text: str, job: str) -> Every:
    try:
        distance = duration.parse(text)
    except ConfigError as error:
        raise ConfigError(f"job {job}: @every: {error}") from error
    if distance < timedelta(seconds=1):
        raise ConfigError(f"job {job}: @every {text} is too often; write 1s or more")
    number = int.from_bytes(hashlib.sha256(job.encode()).digest()[:8])
    return Every(distance, timedelta(seconds=number % max(int(distance.total_seconds()), 1)))
