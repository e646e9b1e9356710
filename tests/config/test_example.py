import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from inventory.catalog import Catalog
from inventory.config import Config, load
from inventory.config.variables import section_of

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

    assert different == {"scheduler"}


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


def test_the_jobs_of_the_example_are_tasks_that_take_their_payload() -> None:
    catalog = Catalog.load()

    for job in load([EXAMPLE], {}).scheduler.jobs:
        catalog.task(job.name).payload.model_validate(job.payload or {})
