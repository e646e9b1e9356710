"""docker-compose.yaml and Dockerfile, as far as they can be checked without an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from inventory.cli.main import cli
from inventory.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def expanded(text: str) -> str:
    """As with no variable set."""
    return VARIABLE.sub(lambda found: found[2] or "", text)


def mounts() -> Iterator[tuple[str, str, str]]:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, target, *mode = expanded(volume).split(":")
            yield source, target, f"{name}: {','.join(mode)}"


def environment(service: str) -> dict[str, str]:
    return {name: expanded(str(value)) for name, value in SERVICES[service]["environment"].items()}


@pytest.mark.parametrize("service", OURS)
def test_every_command_exists_with_its_options(service: str) -> None:
    group: click.Command = cli
    words = list(SERVICES[service]["command"])

    with click.Context(cli) as context:
        while words and isinstance(group, click.Group):
            found = group.get_command(context, words.pop(0))
            assert found, SERVICES[service]["command"]
            group = found
        options = group.make_context(service, words, resilient_parsing=True)

    assert not isinstance(group, click.Group)
    assert not options.args


def test_the_services_are_those_that_a_deployment_needs() -> None:
    monitoring = {name for name, service in SERVICES.items() if service.get("profiles")}

    assert monitoring == {"prometheus", "grafana", "grafana-reader"}
    assert {tuple(SERVICES[name]["profiles"]) for name in monitoring} == {("monitoring",)}
    assert set(SERVICES) - monitoring == {
        *("postgres", "valkey", "migrate", "api", "worker", "scheduler")
    }
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    assert SERVICES["valkey"]["image"].startswith("valkey/valkey:8")


def test_every_file_that_is_mounted_exists_and_is_read_only() -> None:
    ours = [mount for mount in mounts() if mount[0].startswith(".")]

    assert len(ours) == 4 * len(OURS) + 4
    for source, _, mode in ours:
        assert (ROOT / source).exists(), source
        assert mode.endswith(": ro")


def test_every_other_volume_is_declared() -> None:
    named = {source for source, _, _ in mounts() if not source.startswith(".")}

    assert named == set(COMPOSE["volumes"])


def test_whatever_stays_up_has_a_health_check() -> None:
    without = {name for name, service in SERVICES.items() if "healthcheck" not in service}

    assert without == {"migrate", "grafana-reader"}
    assert {SERVICES[name]["restart"] for name in without} == {"no"}


def test_services_wait_for_what_they_need() -> None:
    for name in set(OURS) - {"migrate"}:
        conditions = {
            other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()
        }
        assert conditions == {
            "postgres": "service_healthy",
            "valkey": "service_healthy",
            "migrate": "service_completed_successfully",
        }


def test_every_port_is_open_to_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(published) == 5
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_our_services_may_do_as_little_as_possible() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert not service["user"].startswith("0")


def test_the_environment_is_a_configuration_that_loads() -> None:
    config = load([ROOT / "examples" / "config.yaml"], environment("api"))

    assert config.api.insecure is True
    assert "postgres:5432" in str(config.database.dsn)
    assert config.redis.url == "redis://default:inventory@valkey:6379/0"


def test_every_variable_is_explained_with_its_default() -> None:
    text = (ROOT / "docker-compose.yaml").read_text()
    used = dict(VARIABLE.findall(text.replace("$$", "")))
    lines = (ROOT / "deployment" / "compose.env").read_text().splitlines()
    explained = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert explained == used


@pytest.mark.parametrize("service", ["api", "worker", "scheduler"])
def test_prometheus_and_health_checks_ask_where_the_metrics_are(service: str) -> None:
    scraped = yaml.safe_load((ROOT / "deployment/prometheus/prometheus.yaml").read_text())
    (job,) = (j for j in scraped["scrape_configs"] if j["job_name"] == f"inventory-{service}")
    (discovered,) = job["dns_sd_configs"]
    config = load([ROOT / "examples" / "config.yaml"], environment(service))
    section = getattr(config, service)

    assert discovered["names"] == [service]
    assert section.metrics.address == f":{discovered['port']}"
    check = SERVICES[service]["healthcheck"]["test"][-1]
    port = config.api.port if service == "api" else discovered["port"]
    assert f"http://127.0.0.1:{port}/healthz" in check
    compile(check, "healthcheck", "exec")


def test_what_the_image_copies_exists_and_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.rstrip("/") for line in copied for source in line.split()}

    for source in sources - {"README.md*"}:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in ignored


def test_the_image_runs_as_an_ordinary_user_without_test_tools() -> None:
    lock = (ROOT / "requirements-image.lock").read_text()

    assert re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE) == ["10001"]
    assert not re.search(r"^(pytest|mypy|moto|ruff|uv)==", lock, re.MULTILINE)
    assert re.search(r"^setuptools==", lock, re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-image.lock", "requirements-redis.lock"]
)
def test_lock_files_hold_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[\w.\[\],-]+==", text, re.MULTILINE)

    assert pins
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
