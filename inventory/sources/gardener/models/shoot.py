"""Shoots: the clusters that people ask for."""

from __future__ import annotations

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import KubernetesObject


class Shoot(KubernetesObject, table=True):
    """A Kubernetes cluster that Gardener runs for a project."""

    technical_id: Key[str]
    """`status.technicalID`: names its namespace in the seed and its infrastructure in the cloud."""
    name: str
    """`metadata.name`, unique within its project."""
    namespace: str
    """`metadata.namespace`: the one of its project."""
    project_name: str | None = None
    """`metadata.name` of the project that has the namespace; absent if none has it."""
    cloud_profile: str | None = None
    """`spec.cloudProfile.name`, or `spec.cloudProfileName` in older objects."""
    cloud_profile_kind: str | None = None
    """`spec.cloudProfile.kind`: `CloudProfile` or `NamespacedCloudProfile`."""
    provider_type: str | None = None
    """`spec.provider.type`: `aws`, `gcp`, `azure`, `openstack` and others."""
    purpose: str | None = None
    """`spec.purpose`: `evaluation`, `testing`, `development`, `production`, `infrastructure`."""
    seed_name: str | None = None
    """`spec.seedName`: the seed of its control plane; absent until scheduled."""
    status: str | None = None
    """Label `shoot.gardener.cloud/status`: `healthy`, `progressing`, `unhealthy`, `unknown`."""
    is_hibernated: bool | None = None
    """`status.hibernated`: whether it sleeps now, not whether it is meant to."""
    created_by: str | None = None
    """Annotation `gardener.cloud/created-by`."""
    region: str | None = None
    """`spec.region`: the cloud's name of the region."""
    k8s_version: str | None = None
    """`spec.kubernetes.version`."""
    uid: str | None = None
    """`status.uid`: stays the same when the control plane moves to another seed."""
    cluster_identity: str | None = None
    """`status.clusterIdentity`."""
    worker_groups: list[str] = []  # noqa: RUF012 - pydantic copies it
    """`spec.provider.workers[].name`; empty for a cluster without workers."""
    worker_prefixes: list[str] = []  # noqa: RUF012 - pydantic copies it
    """The technical id and the worker group's name: how names of its machines begin."""
