"""deployment/kustomize, rendered: what Kubernetes would accept, and what our commands expect."""

from __future__ import annotations

import base64
import copy
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from kubernetes import client as kubernetes

from inventory import __version__
from inventory.catalog import Catalog
from inventory.cli.main import cli
from inventory.config import Config, load, split_address
from inventory.config.api import ApiToken
from inventory.runtime.schedule import plan

ROOT = Path(__file__).parents[1] / "deployment" / "kustomize"
KUBECTL = shutil.which("kubectl") or shutil.which("kustomize")
OURS = ("api", "worker", "scheduler")
MODELS = {
    "v1/Namespace": "V1Namespace",
    "v1/ServiceAccount": "V1ServiceAccount",
    "v1/ConfigMap": "V1ConfigMap",
    "v1/Secret": "V1Secret",
    "v1/Service": "V1Service",
    "apps/v1/Deployment": "V1Deployment",
    "apps/v1/StatefulSet": "V1StatefulSet",
    "batch/v1/Job": "V1Job",
    "policy/v1/PodDisruptionBudget": "V1PodDisruptionBudget",
    "networking.k8s.io/v1/NetworkPolicy": "V1NetworkPolicy",
}
Manifest = dict[str, Any]


@cache
def rendered(folder: str) -> tuple[Manifest, ...]:
    """What kustomize makes of a folder; without it, the files as they are, which tell less."""
    if KUBECTL is None:
        files = [*(ROOT / "base").glob("*.yaml"), *(ROOT / folder).glob("*.yaml")]
        every = [each for file in files for each in yaml.safe_load_all(file.read_text())]
        return tuple(
            each
            for each in every
            if isinstance(each, dict) and "metadata" in each and each["kind"] != "Kustomization"
        )
    words = [KUBECTL, "kustomize"] if KUBECTL.endswith("kubectl") else [KUBECTL, "build"]
    done = subprocess.run([*words, ROOT / folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


TRIAL = rendered("overlays/trial")
needs_kustomize = pytest.mark.skipif(KUBECTL is None, reason="needs kubectl or kustomize")


def of_kind(*kinds: str) -> list[Manifest]:
    return [each for each in TRIAL if each["kind"] in kinds]


def name(manifest: Manifest) -> str:
    found: str = manifest["metadata"]["name"]
    return found


def workloads() -> dict[str, Manifest]:
    return {name(each): each for each in of_kind("Deployment", "StatefulSet", "Job")}


def pod(workload: Manifest) -> Manifest:
    template: Manifest = workload["spec"]["template"]
    return template


def container(workload: Manifest) -> Manifest:
    (found,) = pod(workload)["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def configuration(part: str) -> Config:
    """The configuration that a container would load."""
    (text,) = [each["data"]["config.yaml"] for each in of_kind("ConfigMap")] or [
        (ROOT / "base" / "config.yaml").read_text()
    ]
    secrets: dict[str, str] = next((each["data"] for each in of_kind("Secret")), {})
    environ = {}
    for variable in container(workloads()[f"inventory-{part}"])["env"]:
        source = variable.get("valueFrom")
        if source:
            key = source["secretKeyRef"]["key"]
            environ[variable["name"]] = base64.b64decode(secrets[key]).decode() if secrets else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text)
        return load([path], environ)


def understood(manifest: Manifest) -> Manifest:
    """A manifest as the models of Kubernetes read it: without what they do not know."""
    api = kubernetes.ApiClient()
    kind = MODELS[f"{manifest['apiVersion']}/{manifest['kind']}"]
    made = api.deserialize(json.dumps(manifest), kind, "application/json")
    found: Manifest = api.sanitize_for_serialization(made)  # type: ignore[no-untyped-call]  # theirs
    return found


@pytest.mark.parametrize("manifest", TRIAL, ids=lambda each: f"{each['kind']}-{name(each)}")
def test_a_manifest_has_only_fields_that_kubernetes_knows(manifest: Manifest) -> None:
    assert understood(manifest) == manifest


def test_a_field_that_is_misspelt_would_be_found() -> None:
    wrong = copy.deepcopy(workloads()["inventory-api"])
    container(wrong)["livenesProbe"] = container(wrong).pop("livenessProbe")

    assert understood(wrong) != wrong


def test_the_parts_are_there_as_often_as_they_should_be() -> None:
    replicas = {key: each["spec"].get("replicas") for key, each in workloads().items()}

    assert replicas == {
        "inventory-api": 2,
        "inventory-worker": 2,
        "inventory-scheduler": 2,
        "inventory-migrate": None,
        "postgres": 1,
        "valkey": 1,
    }


@pytest.mark.parametrize("key", workloads())
def test_pods_may_do_as_little_as_possible(key: str) -> None:
    spec = pod(workloads()[key])["spec"]
    only = container(workloads()[key])

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= only["resources"]["requests"].keys()
    assert "memory" in only["resources"]["limits"]
    mounted = {mount["name"] for mount in only["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}


@needs_kustomize
@pytest.mark.parametrize("key", workloads())
def test_images_have_a_tag_that_stays(key: str) -> None:
    image = container(workloads()[key])["image"]

    assert re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)?", image)
    if key.startswith("inventory-"):
        assert image == f"inventory:{__version__}"


@pytest.mark.parametrize("part", [*OURS, "migrate"])
def test_a_container_runs_a_command_that_exists(part: str) -> None:
    words = list(container(workloads()[f"inventory-{part}"])["args"])
    group: click.Command = cli

    with click.Context(cli) as context:
        while words and isinstance(group, click.Group):
            found = group.get_command(context, words.pop(0))
            assert found
            group = found

    assert not isinstance(group, click.Group)
    assert words == []


@needs_kustomize
@pytest.mark.parametrize("part", OURS)
def test_ports_and_probes_are_where_the_configuration_says(part: str) -> None:
    config = configuration(part)
    only = container(workloads()[f"inventory-{part}"])
    ports = {port["name"]: port["containerPort"] for port in only["ports"]}
    metrics = getattr(config, part).metrics
    annotations = pod(workloads()[f"inventory-{part}"])["metadata"]["annotations"]

    assert ports["metrics"] == split_address(metrics.address)[1]
    assert split_address(metrics.address)[0] == "0.0.0.0"
    assert annotations["prometheus.io/port"] == str(ports["metrics"])
    assert annotations["prometheus.io/path"] == metrics.path
    if part == "api":
        assert ports["http"] == config.api.port
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert only[probe]["httpGet"]["path"] == path
        assert only[probe]["httpGet"]["port"] in ports
    assert pod(workloads()[f"inventory-{part}"])["spec"]["terminationGracePeriodSeconds"] > 8


@needs_kustomize
def test_the_configuration_is_one_that_serves_and_schedules() -> None:
    config = configuration("api")

    assert not config.api.is_exposed
    assert not config.api.insecure
    assert config.api.auth.token_file
    assert "postgres:5432" in str(config.database.dsn)
    assert config.redis.url
    assert plan(config, Catalog.load())
    mounts = container(workloads()["inventory-api"])["volumeMounts"]
    assert str(config.api.auth.token_file.parent) in {mount["mountPath"] for mount in mounts}


@needs_kustomize
def test_every_reference_leads_somewhere() -> None:
    secrets = {name(each): each["data"] for each in of_kind("Secret")}
    configs = {name(each) for each in of_kind("ConfigMap")}
    accounts = {name(each) for each in of_kind("ServiceAccount")}
    known = {
        "INVENTORY_CONFIG",
        "INVENTORY_DATABASE_DSN",
        "INVENTORY_REDIS_ENDPOINT",
        "KUBECACHEDIR",
    }
    for key, workload in workloads().items():
        spec = pod(workload)["spec"]
        assert spec.get("serviceAccountName", "") in accounts | {""}
        for variable in container(workload).get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                assert reference["key"] in secrets[reference["name"]], key
            assert variable["name"] in known or not key.startswith("inventory-")
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert volume["configMap"]["name"] in configs
            if "secret" in volume:
                held = secrets[volume["secret"]["secretName"]]
                assert {item["key"] for item in volume["secret"]["items"]} <= held.keys()


def matched(selector: Manifest) -> Iterator[str]:
    for key, workload in workloads().items():
        labels = pod(workload)["metadata"]["labels"]
        wanted = selector.get("matchLabels", {}).items() <= labels.items()
        for rule in selector.get("matchExpressions", []):
            wanted = wanted and labels.get(rule["key"]) in rule["values"]
        if wanted:
            yield key


@needs_kustomize
def test_every_selector_selects_what_it_is_for() -> None:
    for each in of_kind("Deployment", "StatefulSet"):
        assert list(matched(each["spec"]["selector"])) == [name(each)]
    for each in of_kind("PodDisruptionBudget"):
        assert list(matched(each["spec"]["selector"])) == [name(each)]
        assert workloads()[name(each)]["spec"]["replicas"] > each["spec"]["minAvailable"]
    for each in of_kind("Service"):
        (target,) = matched({"matchLabels": each["spec"]["selector"]})
        ports = {port["name"] for port in container(workloads()[target])["ports"]}
        assert {port["targetPort"] for port in each["spec"]["ports"]} <= ports
    found = {
        name(each): list(matched(each["spec"]["podSelector"])) for each in of_kind("NetworkPolicy")
    }
    assert found == {
        "inventory-api": ["inventory-api"],
        "inventory-metrics": ["inventory-api", "inventory-scheduler", "inventory-worker"],
        "postgres": ["postgres"],
        "valkey": ["valkey"],
    }
    for each in of_kind("NetworkPolicy"):
        for rule in each["spec"]["ingress"]:
            for key in matched(each["spec"]["podSelector"]):
                ports = {port["name"] for port in container(workloads()[key])["ports"]}
                assert {port["port"] for port in rule["ports"]} <= ports


def test_the_base_holds_no_secret_and_the_tokens_of_the_trial_can_be_read() -> None:
    texts = [path.read_text() for path in (ROOT / "base").glob("*.yaml")]
    tokens = yaml.safe_load((ROOT / "overlays/trial/tokens.yaml").read_text())

    assert not [text for text in texts if re.search(r"kind: Secret|password:|token: ", text)]
    assert {ApiToken.model_validate(each).role for each in tokens} == {"viewer", "operator"}
