"""How the resources of Gardener belong together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.models.cloud_profile import (
    CloudProfile,
    CloudProfileAwsImage,
    CloudProfileAzureImage,
    CloudProfileGcpImage,
    CloudProfileOpenstackImage,
)
from inventory.sources.gardener.models.dns import DnsEntry, DnsRecord
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.models.project import Project, ProjectMember
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot

shoot_to_project = link(
    Shoot,
    Project,
    on={"project_name": "name"},
    doc="A shoot belongs to a project.",
)

project_to_member = link(
    Project,
    ProjectMember,
    on={"name": "project_name"},
    b_as="member",
    doc="A member may use a project.",
)

shoot_to_seed = link(
    Shoot,
    Seed,
    on={"seed_name": "name"},
    doc="A shoot's control plane runs on a seed.",
)

seed_to_shoot = link(
    Seed,
    Shoot,
    on={"managed_shoot_namespace": "namespace", "managed_shoot_name": "name"},
    name="l_g_seed_to_shoot",
    columns=("seed_id", "shoot_id"),
    a_as="managed_seed",
    b_as="host_shoot",
    # A namespace has no two shoots of one name, and a shoot becomes one seed at most.
    one=("a", "b"),
    doc="A managed seed is itself a shoot, of the project `garden`.",
)

machine_to_shoot = link(
    Machine,
    Shoot,
    on={"namespace": "technical_id"},
    doc="A machine works for a shoot: its namespace in the seed is the shoot's technical id.",
)

machine_to_seed = link(
    Machine,
    Seed,
    on={"seed_name": "name"},
    doc="A machine is managed by a seed.",
)


def by_kind_of_profile(shoot: Any, profile: Any) -> Any:
    """A shoot may use a profile of everyone, or one of its own namespace."""
    kind = sa.func.coalesce(shoot.c.cloud_profile_kind, sa.literal_column("'CloudProfile'"))
    namespaced: sa.ColumnElement[str] = sa.literal_column("'NamespacedCloudProfile'")
    nowhere: sa.ColumnElement[str] = sa.literal_column("''")
    place = sa.case((kind == namespaced, shoot.c.namespace), else_=nowhere)
    return sa.and_(
        shoot.c.cloud_profile == profile.c.name,
        profile.c.kind == kind,
        profile.c.namespace == place,
    )


shoot_to_cloud_profile = link(
    Shoot,
    CloudProfile,
    on=Rule(
        by_kind_of_profile,
        a=("cloud_profile", "cloud_profile_kind", "namespace"),
        b=("name", "kind", "namespace"),
    ),
    one=("b",),
    doc="A shoot is made of what a cloud profile allows.",
)

SAME_PROFILE = {
    "cloud_profile_name": "name",
    "cloud_profile_kind": "kind",
    "cloud_profile_namespace": "namespace",
}

aws_image_to_cloud_profile = link(
    CloudProfileAwsImage,
    CloudProfile,
    on=SAME_PROFILE,
    name="l_g_aws_image_to_cloud_profile",
    columns=("aws_image_id", "cloud_profile_id"),
    a_as="aws_image",
    doc="A cloud profile allows an image.",
)

gcp_image_to_cloud_profile = link(
    CloudProfileGcpImage,
    CloudProfile,
    on=SAME_PROFILE,
    name="l_g_gcp_image_to_cloud_profile",
    columns=("gcp_image_id", "cloud_profile_id"),
    a_as="gcp_image",
    doc="A cloud profile allows an image.",
)

azure_image_to_cloud_profile = link(
    CloudProfileAzureImage,
    CloudProfile,
    on=SAME_PROFILE,
    name="l_g_azure_image_to_cloud_profile",
    columns=("azure_image_id", "cloud_profile_id"),
    a_as="azure_image",
    doc="A cloud profile allows an image.",
)

openstack_image_to_cloud_profile = link(
    CloudProfileOpenstackImage,
    CloudProfile,
    on=SAME_PROFILE,
    name="l_g_openstack_image_to_cloud_profile",
    columns=("openstack_image_id", "cloud_profile_id"),
    a_as="openstack_image",
    doc="A cloud profile allows an image.",
)

backup_bucket_to_seed = link(
    BackupBucket,
    Seed,
    on={"seed_name": "name"},
    doc="A backup bucket serves the shoots of a seed.",
)

persistent_volume_to_seed = link(
    PersistentVolume,
    Seed,
    on={"seed_name": "name"},
    doc="A persistent volume is a seed's.",
)

dns_record_to_seed = link(
    DnsRecord,
    Seed,
    on={"seed_name": "name"},
    doc="A seed writes a DNS record.",
)

dns_entry_to_seed = link(
    DnsEntry,
    Seed,
    on={"seed_name": "name"},
    doc="A seed writes a DNS entry.",
)

bastion_to_seed = link(
    Bastion,
    Seed,
    on={"seed_name": "name"},
    doc="A seed manages a bastion.",
)

bastion_to_shoot = link(
    Bastion,
    Shoot,
    on={"namespace": "technical_id"},
    doc="A bastion leads to the nodes of a shoot.",
)

dns_record_to_shoot = link(
    DnsRecord,
    Shoot,
    on={"namespace": "technical_id"},
    doc="A DNS record is a shoot's.",
)

dns_entry_to_shoot = link(
    DnsEntry,
    Shoot,
    on={"namespace": "technical_id"},
    doc="A DNS entry is a shoot's.",
)
