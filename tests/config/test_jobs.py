from typing import Any

import pytest

from inventory.config import load


def test_jobs_of_several_files_merge_by_name_and_payload(write: Any) -> None:
    first = """
scheduler:
  jobs:
    - {name: "aws:task:collect-vpcs", spec: "@every 1h", desc: first}
    - {name: "g:task:collect-shoots", spec: "@every 1h"}
    - {name: "aux:task:delete-archived-tasks", spec: "@every 24h", payload: {queue: default}}
    - name: "aux:task:housekeeper"
      spec: "@every 12h"
      payload: {default: 7d, retention: [{name: a, duration: 1h}, {name: b, duration: 2h}]}
"""
    second = """
scheduler:
  jobs:
    - {name: "aws:task:collect-vpcs", spec: "@every 5m"}
    - {name: "g:task:collect-shoots", spec: "@every 1h", is_enabled: false}
    - {name: "common:task:delete-archived-tasks", spec: "@every 1h", payload: "queue: odg"}
    - name: "common:task:housekeeper"
      spec: "@every 1h"
      payload: {retention: [{name: b, duration: 9h}, {name: c, duration: 3h}]}
"""

    jobs = load(write(first, second), {}).scheduler.jobs

    assert [(job.name, job.spec, job.payload) for job in jobs] == [
        ("aws:task:collect-vpcs", "@every 5m", None),
        ("common:task:delete-archived-tasks", "@every 24h", {"queue": "default"}),
        (
            "common:task:housekeeper",
            "@every 1h",
            {
                "default": "7d",
                "retention": [
                    {"name": "a", "duration": "1h"},
                    {"name": "b", "duration": "9h"},
                    {"name": "c", "duration": "3h"},
                ],
            },
        ),
        ("common:task:delete-archived-tasks", "@every 1h", {"queue": "odg"}),
    ]
    assert jobs[0].desc == "first"
    assert len({job.id for job in jobs}) == 4


def test_two_jobs_that_nothing_tells_apart_are_refused(write: Any, refusal: Any) -> None:
    job = '{name: "aws:task:collect-vpcs", spec: "@hourly"}'

    message = refusal(write(f"scheduler: {{jobs: [{job}, {job}]}}"))

    assert "scheduler.jobs[1]: jobs[0] has the same name and payload" in message
    assert "id" in message


@pytest.mark.parametrize(
    "spec",
    ["@every 1h30m", "@hourly", "0 3 * * *", "*/5 * * * 1-5", "CRON_TZ=Europe/Berlin 0 3 * * *"],
)
def test_specs_that_are_accepted(write: Any, spec: str) -> None:
    paths = write(f'scheduler: {{jobs: [{{name: "a:task:b", spec: "{spec}"}}]}}')

    assert load(paths, {}).scheduler.jobs[0].spec == spec


@pytest.mark.parametrize(
    "spec",
    [
        "@every 1",
        "@every 0s",
        "@reboot",
        "* * * *",
        "*/0 * * * *",
        "61 * * * *",
        "CRON_TZ=No/Where @hourly",
    ],
)
def test_specs_that_are_refused(write: Any, spec: str, refusal: Any) -> None:
    message = refusal(write(f'scheduler: {{jobs: [{{name: "a:task:b", spec: "{spec}"}}]}}'))

    assert "scheduler.jobs[0].spec: " in message
