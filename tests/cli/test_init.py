"""`inventory init` and `inventory doctor`, against simulated clouds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inventory.config import load
from inventory.simulator import running
from tests.cli.conftest import Inventory


@pytest.fixture(scope="module")
def clouds() -> Iterator[Any]:
    with running(shoots=20, seed=1) as simulator:
        yield simulator


@pytest.fixture
def machine(clouds: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one AWS profile that works, one that does not, and a garden's kubeconfig."""
    config = clouds.config(tmp_path / "simulated.yaml")
    good = next(iter(config["aws"]["credentials"].values()))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[dev]\naws_access_key_id={good['access_key_id']}\n"
        f"aws_secret_access_key={good['secret_access_key']}\n"
        "[wrong]\naws_access_key_id=XX\naws_secret_access_key=yy\n"
    )
    (tmp_path / ".aws" / "config").write_text("[profile dev]\nregion=eu-west-1\n")
    (tmp_path / ".kube").mkdir()
    kubeconfig = Path(config["gardener"]["kubeconfig"]).read_text()
    (tmp_path / ".kube" / "config").write_text(kubeconfig)
    for name in ("KUBECONFIG", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", clouds.url)
    # Nobody is asked whether this is a machine of Google's.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_a_configuration_for_exactly_what_works(
    machine: Path, inventory: Inventory
) -> None:
    found = inventory("init", "--json")

    assert found.status == 0
    assert {(row["found"].split(" of ")[0], row["works"]) for row in found.json} == {
        ("profile dev", True),
        ("profile wrong", False),
        ("context garden", True),
    }
    config = load([machine / "config.yaml"], {})
    assert config.aws.region == "eu-west-1"
    assert {name: each.profile for name, each in config.aws.credentials.items()} == {"dev": "dev"}
    assert config.gardener.context == "garden"
    assert [job.name for job in config.scheduler.jobs][:2] == [
        "aws:task:collect-all",
        "g:task:collect-all",
    ]


def test_init_does_not_write_over_a_file_unless_told_to(
    machine: Path, inventory: Inventory
) -> None:
    (machine / "config.yaml").write_text("mine")

    refused = inventory("init")

    assert (refused.status, (machine / "config.yaml").read_text()) == (2, "mine")
    assert "--force" in refused.err


def test_init_says_what_to_do_when_nothing_is_found(
    machine: Path, inventory: Inventory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("HOME", str(empty))

    found = inventory("init", "other.yaml")

    assert found.status == 1
    assert "log in with the cloud" in found.err
    assert not (machine / "other.yaml").exists()


def test_doctor_names_the_permission_that_is_missing(
    clouds: Any, machine: Path, inventory: Inventory
) -> None:
    clouds.config(machine / "clouds.yaml", unmanaged="excluded")
    content = yaml.safe_load((machine / "simulated.yaml").read_text())
    content["gardener"]["excluded_seeds"] = ["soil"]
    content.pop("gcp", None)
    (machine / "real.yaml").write_text(yaml.safe_dump(content))
    good = inventory("--config", "real.yaml", "doctor", "--json")
    clouds.faults(errors={"ec2:DescribeVolumes": 403})
    try:
        bad = inventory("--config", "real.yaml", "doctor", "--source", "aws")
    finally:
        clouds.faults()

    assert good.status == 0, [row for row in good.json if not row["works"]]
    assert bad.status == 1
    assert "allow the IAM action ec2:DescribeVolumes" in bad.out


def test_doctor_needs_a_source(inventory: Inventory, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("version: v1alpha1\n")

    found = inventory("--config", str(tmp_path / "empty.yaml"), "doctor")

    assert found.status == 1
    assert "inventory init" in found.err
