"""An inventory configuration for a simulator: accounts, garden, and a short schedule."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from inventory.simulator.landscape import Landscape
from inventory.simulator.names import SOIL
from inventory.simulator.wire.k8s_objects import GARDEN_TOKEN, kubeconfig, seed_token

SECRET = "simulated-not-a-secret"  # noqa: S105 - it says so
SERVICES = ("ec2", "elb", "elbv2", "s3", "route53")
JOBS = (
    ("aws:task:collect-all", "@every 30m", "Collect AWS"),
    ("gcp:task:collect-all", "@every 30m", "Collect Google Cloud"),
    ("g:task:collect-all", "@every 30m", "Collect Gardener"),
    ("common:task:link-all", "@every 30m", "Reconcile all links"),
)
GOOGLE_SERVICES = ("resource_manager", "compute", "storage", "gke")
UNMANAGED = ("unreachable", "kubeconfig", "excluded", "soil")
TEN_YEARS = 10 * 365 * 24 * 3600


def configuration(
    url: str,
    accounts: Iterable[str],
    kubeconfig_path: str | Path,
    *,
    seed_kubeconfigs: Mapping[str, str | Path] | None = None,
    excluded_seeds: Iterable[str] = (),
    projects: Iterable[str] = (),
    key_file: str | Path | None = None,
    soil: str | None = None,
) -> dict[str, Any]:
    """A complete configuration, as the YAML file holds it.

    A seed that is not managed gives nobody a viewer kubeconfig: name a file for it in
    `seed_kubeconfigs`, exclude it, name the GKE cluster that it is in `soil`, or let its collection
    fail.  Without a key file Google Cloud is read as nobody.
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
    if soil:
        gardener["soil_clusters"] = {"gcp": soil}
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
        **_google(url, projects, key_file, soil),
        "gardener": gardener,
        "scheduler": {
            "jobs": [{"name": name, "spec": spec, "desc": desc} for name, spec, desc in JOBS]
        },
    }


def _google(
    url: str, projects: Iterable[str], key_file: str | Path | None, soil: str | None
) -> dict[str, Any]:
    """The section `gcp`, if there are projects: credentials for each of them."""
    names = {project: f"project-{project}" for project in projects}
    if not names:
        return {}
    how: dict[str, Any] = {"authentication": "none"}
    if key_file is not None:
        how = {"authentication": "key_file", "key_file": {"path": str(key_file)}}
    section: dict[str, Any] = {
        "is_enabled": True,
        "endpoint": url,
        "services": {
            service: {"use_credentials": list(names.values())} for service in GOOGLE_SERVICES
        },
        "credentials": {name: {**how, "projects": [project]} for project, name in names.items()},
    }
    if soil:
        section["soil_cluster"] = {
            "cluster_name": soil,
            "use_credentials": next(iter(names.values())),
        }
    return {"gcp": section}


@cache
def _private_key() -> str | None:
    """A key that is thrown away; None without the library that makes keys."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError:
        return None
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(url: str, project: str) -> dict[str, Any] | None:
    """The key file of a service account, whose tokens the simulator takes and gives."""
    key = _private_key()
    if key is None:
        return None
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "simulated",
        "private_key": key,
        "client_email": f"inventory@{project}.iam.gserviceaccount.com",
        "client_id": "100000000000000000000",
        "token_uri": f"{url}/token",
        "universe_domain": "googleapis.com",
    }


def write_configuration(
    path: str | Path, url: str, landscape: Landscape, *, unmanaged: str = "unreachable"
) -> dict[str, Any]:
    """Write the configuration, and beside it the kubeconfigs it names; return what was written.

    `unmanaged` says what becomes of the seed that nobody issues a kubeconfig for: `unreachable` lets
    its collection fail, as it would, `kubeconfig` names a file for it, `excluded` excludes it, and
    `soil` says which GKE cluster it is.
    """
    if unmanaged not in UNMANAGED:
        raise ValueError(f"unmanaged is one of {', '.join(UNMANAGED)}, not {unmanaged!r}")
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
    account = service_account(url, landscape.projects[0])
    key_file = target.with_name(f"{target.stem}-google.json") if account else None
    if key_file:
        _write(key_file, account)
    config = configuration(
        url,
        landscape.accounts,
        garden,
        seed_kubeconfigs=seeds if unmanaged == "kubeconfig" else None,
        excluded_seeds=seeds if unmanaged == "excluded" else (),
        projects=landscape.projects,
        key_file=key_file,
        soil=SOIL if unmanaged == "soil" else None,
    )
    head = f"# A simulated landscape of {landscape.shoots} shoots, seed {landscape.seed}. No real secrets.\n"
    _write(target, config, head)
    return config


def _write(path: Path, content: object, head: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    else:
        path.write_text(head + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    path.chmod(0o600)
