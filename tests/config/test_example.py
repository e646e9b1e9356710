import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from inventory.catalog import Catalog
from inventory.config import Config, load
from inventory.config.variables import section_of
from inventory.core import duration
from inventory.core.task import Collector
from inventory.runtime.schedule import plan
from inventory.runtime.spec import ticks

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "config.yaml"


def _keys(section: type[BaseModel]) -> set[str]:
    found = set()
    for name, field in section.model_fields.items():
        found.add(name)
        values = get_args(field.annotation) if get_origin(field.annotation) else ()
        for part in (field.annotation, *values):
            inner = section_of(part)
            if inner:
                found |= _keys(inner)
    return found


def test_a_file_of_the_original_loads() -> None:
    config = load([HERE / "original.yaml"], {})

    assert config.aws.credentials["kube"].kube_sa_token is not None
    assert config.aws.credentials["kube"].kube_sa_token.duration == timedelta(minutes=30)
    assert [job.name for job in config.scheduler.jobs] == [
        "aws:task:collect-images",
        "aws:task:collect-dns-records",
        "common:task:housekeeper",
        "common:task:delete-archived-tasks",
    ]
    assert config.scheduler.jobs[0].payload == {"owners": ["0123456789012"]}
    assert config.scheduler.jobs[2].payload == {
        "retention": [
            {"name": "aws:model:vpc", "duration": "24h"},
            {"name": "common:model:housekeeper_run", "duration": "24h"},
        ]
    }


def test_the_example_shows_the_defaults() -> None:
    shown, defaults = load([EXAMPLE], {}), load(None, {})

    different = {
        name for name in Config.model_fields if getattr(shown, name) != getattr(defaults, name)
    }

    # Its jobs wait in queues of their own.
    assert different == {"scheduler", "worker"}
    assert shown.worker.model_copy(update={"queues": {"default": 1}}) == defaults.worker
    assert shown.scheduler.model_copy(update={"jobs": ()}) == defaults.scheduler


def test_the_example_mentions_every_key() -> None:
    text = EXAMPLE.read_text()

    assert {key for key in _keys(Config) if f"{key}:" not in text} == set()


def test_what_the_example_comments_out_loads_as_well(write: Any) -> None:
    commented = re.compile(r"( *)# ( *(?:- )?[a-z_0-9-]+:(?: .*)?)")
    lines: list[str] = []
    for line in EXAMPLE.read_text().splitlines():
        match = commented.fullmatch(line)
        if match:
            before = lines[-1].partition(" #")[0].rstrip()
            if before.endswith(("{}", "[]")):
                lines[-1] = before[:-3]
            lines.append(match[1] + match[2])
        else:
            lines.append(line)
    names = ("AWS_SECRET", "AWS_SESSION", "POSTGRES_PASSWORD", "DASHBOARDS_TOKEN")

    config = load(write("\n".join(lines), version=False), dict.fromkeys(names, "x"))

    assert set(config.aws.credentials) == {"main", "static-key", "from-file", "from-cluster"}
    assert set(config.gcp.credentials) == {"main", "key"}
    assert set(config.azure.credentials) == {"main", "federated"}
    assert set(config.openstack.credentials) == {"main", "app", "in-vault"}
    assert config.vault.servers["main"].jwt_auth is not None
    assert config.api.auth.oidc is not None
    assert config.gardener.seed_kubeconfigs


def test_every_job_of_the_example_can_be_scheduled() -> None:
    config = load([EXAMPLE], {})

    planned = plan(config, Catalog.load())

    assert {job.id for job in config.scheduler.jobs} <= {job.id for job in planned}
    assert {job.run.queue for job in planned} == set(config.worker.queues)
    assert [job.id for job in config.scheduler.jobs if not job.desc] == []


def test_every_collector_has_a_job_in_the_example() -> None:
    catalog = Catalog.load()
    jobs = {job.name for job in load([EXAMPLE], {}).scheduler.jobs}
    reached = {
        task.name
        for key in catalog.sources
        for task in catalog.collectors(key)
        if task.name in jobs or f"{key}:task:collect-all" in jobs
    }

    assert {task.name for task in catalog.collectors()} - reached == set()
    assert "common:task:link-all" in jobs
    assert "common:task:find-leaks" in jobs


def test_parents_are_collected_before_their_children() -> None:
    """Of the jobs that wait in one queue, those that others follow from go first."""
    jobs = {job.name: job for job in load([EXAMPLE], {}).scheduler.jobs}

    for parents, children in (
        ("aws:task:collect-regions", "aws:task:collect-vpcs"),
        ("gcp:task:collect-projects", "gcp:task:collect-vpcs"),
        ("g:task:collect-projects", "g:task:collect-shoots"),
        ("g:task:collect-shoots", "g:task:collect-machines"),
    ):
        assert jobs[parents].queue == jobs[children].queue
        assert (jobs[parents].priority or 0) > (jobs[children].priority or 0)


def test_no_retention_of_the_example_is_shorter_than_two_collections() -> None:
    """Else a row could be removed just before it is confirmed; so it is in the original."""
    catalog = Catalog.load()
    jobs = load([EXAMPLE], {}).scheduler.jobs
    every = {
        model.registered_name(): ticks(job.spec, job=job.id)
        for job in jobs
        if isinstance(task := catalog.task(job.name), Collector)
        for model in task.models
    }
    payload = next(job.payload for job in jobs if job.name == "common:task:housekeeper") or {}
    named = {entry["name"]: entry["duration"] for entry in payload["retention"]}
    now = datetime.now(UTC)

    for model, when in every.items():
        first = when.after(now)
        kept = duration.parse(named.get(model, payload["default"]))
        assert kept >= 2 * (when.after(first) - first), model
