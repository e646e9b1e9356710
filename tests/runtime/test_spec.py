"""When jobs are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inventory.errors import ConfigError
from inventory.runtime.spec import ticks

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("spec", "before", "after"),
    [
        ("0 * * * *", "2026-11-24 12:00", "2026-11-24 13:00"),
        ("@hourly", "2026-11-24 12:00", "2026-11-24 13:00"),
        ("30 3 * * 1-5", "2026-11-24 03:30", "2026-11-25 03:30"),
        ("@weekly", "2026-11-22 00:00", "2026-11-29 00:00"),
        ("@monthly", "2026-11-01 00:00", "2026-12-01 00:00"),
        ("CRON_TZ=Europe/Berlin 0 6 * * *", "2026-11-24 05:00", "2026-11-25 05:00"),
        ("TZ=Asia/Tokyo @daily", "2026-11-23 15:00", "2026-11-24 15:00"),
    ],
)
def test_cron_fields_and_descriptors_in_any_time_zone(spec, before, after):
    when = ticks(spec, job="j")

    assert f"{when.before(NOON):%Y-%m-%d %H:%M}" == before
    assert f"{when.after(NOON):%Y-%m-%d %H:%M}" == after


def test_a_tick_comes_neither_early_nor_twice():
    when = ticks("0 * * * *", job="j")

    almost = NOON - timedelta(microseconds=1)
    assert when.before(almost) == NOON - timedelta(hours=1)
    assert when.after(almost) == NOON
    assert when.before(NOON + timedelta(microseconds=1)) == NOON


def test_the_hour_that_summer_time_skips_or_repeats_has_one_tick_a_day():
    when = ticks("CRON_TZ=Europe/Berlin 30 2 * * *", job="j")

    moment, seen = datetime(2026, 3, 27, tzinfo=UTC), []
    for _ in range(4):
        moment = when.after(moment)
        seen.append(moment.date().isoformat())

    assert seen == ["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"]


def test_every_is_aligned_to_the_epoch_and_spread_by_job():
    offsets = {ticks("@every 1h", job=f"job {n}").before(NOON).minute for n in range(60)}
    one = ticks("@every 1h30m", job="j")

    assert len(offsets) > 20
    assert one.after(NOON) - one.before(NOON) == timedelta(minutes=90)
    assert one.before(NOON) == ticks("@every 1h30m", job="j").before(NOON + SECOND)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("* * * *", r"job j: '\* \* \* \*' has 4 fields; write five"),
        ("61 * * * *", "no time that ever comes: Bad minute"),
        ("*/0 * * * *", "no time that ever comes: Bad minute"),
        ("0 0 31 2 *", "no time that ever comes"),
        ("@fortnightly", "none of @yearly"),
        ("@every soon", "@every: 'soon' is not a duration"),
        ("@every 10ms", "too often"),
        ("CRON_TZ=Europe/Berlln @daily", "no time zone is named 'Europe/Berlln'"),
    ],
)
def test_a_spec_that_cannot_work_is_refused_with_the_jobs_name(spec, message):
    with pytest.raises(ConfigError, match=message):
        ticks(spec, job="j")
