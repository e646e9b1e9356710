"""An inventory configuration for a simulator: accounts, garden, and a short schedule."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from inventory.simulator.landscape import Landscape
from inventory.simulator.wire.k8s_objects import GARDEN_TOKEN, kubeconfig, seed_token

SECRET = "simulated-not-a-secret"  # noqa: S105 - it says so
SERVICES = ("ec2", "elb", "elbv2", "s3", "route53")
JOBS = (
    ("aws:task:collect-all", "@every 30m", "Collect AWS"),
    ("g:task:collect-all", "@every 30m", "Collect Gardener"),
    ("common:task:link-all", "@every 30m", "Reconcile all links"),
)
TEN_YEARS = 10 * 365 * 24 * 3600


def configuration(
    url: str,
    accounts: Iterable[str],
    kubeconfig_path: str | Path,
    *,
    seed_kubeconfigs: Mapping[str, str | Path] | None = None,
    excluded_seeds: Iterable[str] = (),
) -> dict[str, Any]:
    """A complete configuration, as the YAML file holds it.

    A seed that is not managed gives nobody a viewer kubeconfig: name a file for it in
    `seed_kubeconfigs`, exclude it, or let its collection fail.
    """
    names = [f"account-{account}" for account in accounts]
    gardener: dict[str, Any] = {
        "is_enabled": True,
        "endpoint": f"{url}/garden",
        "authentication": "kubeconfig",
        "kubeconfig": str(kubeconfig_path),
    }
    if seed_kubeconfigs:
        gardener["seed_kubeconfigs"] = {name: str(path) for name, path in seed_kubeconfigs.items()}
    if excluded := list(excluded_seeds):
        gardener["excluded_seeds"] = excluded
    return {
        "version": "v1alpha1",
        "aws": {
            "is_enabled": True,
            "endpoint": url,
            "region": "eu-central-1",
            "default_region": "eu-central-1",
            "services": {service: {"use_credentials": list(names)} for service in SERVICES},
            "credentials": {
                name: {
                    "token_retriever": "static",
                    "access_key_id": f"AKIA{name.removeprefix('account-')}",
                    "secret_access_key": SECRET,
                }
                for name in names
            },
        },
        "gardener": gardener,
        "scheduler": {
            "jobs": [{"name": name, "spec": spec, "desc": desc} for name, spec, desc in JOBS]
        },
    }


def write_configuration(
    path: str | Path, url: str, landscape: Landscape, *, unmanaged: str = "unreachable"
) -> dict[str, Any]:
    """Write the configuration, and beside it the kubeconfigs it names; return what was written.

    `unmanaged` says what becomes of the seed that nobody issues a kubeconfig for: `unreachable` lets
    its collection fail, as it would, `kubeconfig` names a file for it, `excluded` excludes it.
    """
    if unmanaged not in ("unreachable", "kubeconfig", "excluded"):
        raise ValueError(f"unmanaged is unreachable, kubeconfig or excluded, not {unmanaged!r}")
    target = Path(path)
    if target.is_dir():
        target /= "simulator.yaml"
    target = target.absolute()
    garden = target.with_name(f"{target.stem}-garden.kubeconfig")
    _write(garden, kubeconfig(f"{url}/garden", GARDEN_TOKEN, "garden"))
    seeds = {}
    for index, name in enumerate(landscape.seed_names()):
        if not landscape.is_managed(index):
            seeds[name] = target.with_name(f"{target.stem}-seed-{name}.kubeconfig")
            token = seed_token(name, int(time.time()) + TEN_YEARS)
            _write(seeds[name], kubeconfig(f"{url}/seeds/{name}", token, name))
    config = configuration(
        url,
        landscape.accounts,
        garden,
        seed_kubeconfigs=seeds if unmanaged == "kubeconfig" else None,
        excluded_seeds=seeds if unmanaged == "excluded" else (),
    )
    head = f"# A simulated landscape of {landscape.shoots} shoots, seed {landscape.seed}. No real secrets.\n"
    _write(target, config, head)
    return config


def _write(path: Path, content: object, head: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    path.chmod(0o600)
