"""What the garden lists besides projects, seeds and shoots: backup buckets and cloud profiles."""

from __future__ import annotations

from hashlib import blake2b

from inventory.simulator.buckets import backup_buckets
from inventory.simulator.garden_meta import meta
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import Object
from inventory.simulator.profiles import TYPES, provider_config, versions

CORE = "core.gardener.cloud/v1beta1"
CUSTOM = ("aws", "gcp")
"""The types of cloud profiles that projects have versions of their own of."""


def _digits(kind: str, name: str) -> str:
    return blake2b(f"{kind} {name}".encode()).hexdigest()


def _object(kind: str, name: str, spec: Object, status: Object | None = None) -> Object:
    found = {
        "apiVersion": CORE,
        "kind": kind,
        "metadata": meta(name, _digits(kind, name)),
        "spec": spec,
    }
    return found if status is None else {**found, "status": status}


def backup_bucket_objects(landscape: Landscape) -> list[Object]:
    found = []
    for bucket in backup_buckets(landscape):
        spec: Object = {
            "provider": {"type": bucket.provider, "region": bucket.region},
            "credentialsRef": {"kind": "Secret", "name": "backup", "namespace": "garden"},
        }
        if bucket.seed_name:
            spec["seedName"] = bucket.seed_name
        if bucket.shoot_ref:
            namespace, name = bucket.shoot_ref
            spec["shootRef"] = {
                "apiVersion": CORE,
                "kind": "Shoot",
                "namespace": namespace,
                "name": name,
            }
        operation = {"type": "Create", "state": bucket.state, "progress": bucket.progress}
        status = None if bucket.state == "Error" else {"lastOperation": operation}
        found.append(_object("BackupBucket", bucket.name, spec, status))
    return found


def cloud_profiles() -> list[Object]:
    found = []
    for provider in TYPES:
        spec: Object = {"type": provider, "regions": [], "machineImages": [], "kubernetes": {}}
        config = provider_config(provider, versions(custom=False))
        if config:
            spec["providerConfig"] = config
        found.append(_object("CloudProfile", provider, spec))
    return found


def namespaced_total(landscape: Landscape) -> int:
    return landscape.project_count * len(CUSTOM)


def namespaced_cloud_profile(landscape: Landscape, index: int) -> Object:
    """Of the n-th project: its own images in the spec, all images in the status."""
    project, number = divmod(index, len(CUSTOM))
    provider = CUSTOM[number]
    namespace = landscape.project_namespace(project)
    everything = versions(custom=True)
    own = provider_config(provider, everything[-1:])
    spec: Object = {
        "parent": {"kind": "CloudProfile", "name": provider},
        "providerConfig": own,
        "machineImages": [],
    }
    merged = {"type": provider, "providerConfig": provider_config(provider, everything)}
    found = _object(
        "NamespacedCloudProfile", f"{provider}-custom", spec, {"cloudProfileSpec": merged}
    )
    digits = _digits("NamespacedCloudProfile", f"{namespace}/{provider}")
    found["metadata"] = {**meta(f"{provider}-custom", digits), "namespace": namespace}
    return found
