"""How the resources of Google Cloud belong together. Every condition stays inside one project.

Names of networks mean those of the project that owns the network, which is another one where a VPC
is shared.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.sources.gcp.constants import GKE_LOCATION_LABEL
from inventory.sources.gcp.models.address import Address
from inventory.sources.gcp.models.bucket import Bucket
from inventory.sources.gcp.models.disk import AttachedDisk, Disk
from inventory.sources.gcp.models.forwarding_rule import ForwardingRule
from inventory.sources.gcp.models.gke_cluster import GkeCluster
from inventory.sources.gcp.models.instance import Instance
from inventory.sources.gcp.models.nic import Nic
from inventory.sources.gcp.models.project import Project
from inventory.sources.gcp.models.subnet import Subnet
from inventory.sources.gcp.models.target_pool import TargetPool, TargetPoolInstance
from inventory.sources.gcp.models.vpc import Vpc

IN_PROJECT = {"project_id": "project_id"}
IN_NETWORK_PROJECT = {"network_project_id": "project_id"}


def by_attachment(instance: Any, disk: Any) -> sa.Select[Any]:
    attached = AttachedDisk.__table__.alias("attached")
    holds = sa.and_(
        attached.c.disk_id == disk.c.disk_id, attached.c.project_id == disk.c.project_id
    )
    held = sa.and_(
        attached.c.project_id == instance.c.project_id,
        attached.c.instance_name == instance.c.name,
        attached.c.zone == instance.c.zone,
    )
    return sa.select(instance.c.id, disk.c.id).select_from(
        attached.join(disk, holds).join(instance, held)
    )


def by_boot_disk(instance: Any, disk: Any) -> Any:
    """A disk's name is unique in its zone or, if it is regional, among those of its region."""
    return sa.and_(
        instance.c.project_id == disk.c.project_id,
        instance.c.boot_disk_name == disk.c.name,
        instance.c.region == disk.c.region,
        instance.c.boot_disk_zone.is_not_distinct_from(disk.c.zone),
    )


def by_cluster_labels(instance: Any, cluster: Any) -> Any:
    return sa.and_(
        instance.c.project_id == cluster.c.project_id,
        instance.c.gke_cluster_name == cluster.c.name,
        instance.c.labels[GKE_LOCATION_LABEL].astext == cluster.c.location,
    )


def by_cluster_name(instance: Any, cluster: Any) -> sa.Select[Any]:
    """Older nodes do not say where their cluster is, but they run in its region.

    Two zones of a region may each have a cluster of the name; then nothing tells whose the node is.
    """
    same = sa.and_(
        instance.c.project_id == cluster.c.project_id,
        instance.c.gke_cluster_name == cluster.c.name,
        instance.c.region == cluster.c.region,
        instance.c.labels[GKE_LOCATION_LABEL].astext.is_(None),
    )
    candidates = sa.func.count().over(partition_by=instance.c.id).label("candidates")
    found = (
        sa.select(instance.c.id.label("instance"), cluster.c.id.label("cluster"), candidates)
        .select_from(instance.join(cluster, same))
        .subquery("nodes")
    )
    return sa.select(found.c.instance, found.c.cluster).where(found.c.candidates == 1)


def by_target(rule: Any, pool: Any) -> Any:
    name: sa.ColumnElement[str] = sa.func.substring(rule.c.target, "/targetPools/([^/]+)$")
    return sa.and_(
        rule.c.project_id == pool.c.project_id,
        rule.c.region == pool.c.region,
        name == pool.c.name,
    )


instance_to_project = link(
    Instance, Project, on=IN_PROJECT, doc="A virtual machine belongs to a project."
)

vpc_to_project = link(Vpc, Project, on=IN_PROJECT, doc="A VPC belongs to a project.")

address_to_project = link(
    Address,
    Project,
    on=IN_PROJECT,
    name="l_gcp_addr_to_project",
    doc="A reserved address belongs to a project.",
)

instance_to_nic = link(
    Instance,
    Nic,
    on={"project_id": "project_id", "instance_id": "instance_id"},
    doc="A network interface is one of a virtual machine's.",
)

subnet_to_vpc = link(
    Subnet,
    Vpc,
    on={"project_id": "project_id", "vpc_name": "name"},
    # Keys are ids; that names are unique as well in a project, Google Cloud sees to.
    one=("b",),
    doc="A subnet is a part of a VPC.",
)

subnet_to_project = link(Subnet, Project, on=IN_PROJECT, doc="A subnet belongs to a project.")

forwarding_rule_to_project = link(
    ForwardingRule,
    Project,
    on=IN_PROJECT,
    name="l_gcp_fr_to_project",
    columns=("rule_id", "project_id"),
    doc="A forwarding rule belongs to a project.",
)

instance_to_disk = link(
    Instance,
    Disk,
    on=Rule(by_attachment, a=("name", "zone"), b=("disk_id",)),
    doc="A disk is attached to a virtual machine.",
)

instance_to_boot_disk = link(
    Instance,
    Disk,
    on=Rule(by_boot_disk, a=("boot_disk_name", "boot_disk_zone"), b=("name", "zone")),
    name="l_gcp_instance_to_boot_disk",
    columns=("instance_id", "boot_disk_id"),
    a_as="booted_instance",
    b_as="boot_disk",
    one=("b",),
    doc="A virtual machine boots from a disk.",
)

gke_cluster_to_project = link(
    GkeCluster,
    Project,
    on=IN_PROJECT,
    columns=("cluster_id", "project_id"),
    doc="A GKE cluster belongs to a project.",
)

target_pool_to_instance = link(
    TargetPool,
    TargetPoolInstance,
    on={"project_id": "project_id", "target_pool_id": "target_pool_id"},
    name="l_gcp_target_pool_to_instance",
    columns=("target_pool_id", "instance_id"),
    doc="An entry of a target pool names a virtual machine.",
)

target_pool_to_project = link(
    TargetPool, Project, on=IN_PROJECT, doc="A target pool belongs to a project."
)

bucket_to_project = link(Bucket, Project, on=IN_PROJECT, doc="A bucket belongs to a project.")

disk_to_project = link(Disk, Project, on=IN_PROJECT, doc="A disk belongs to a project.")

forwarding_rule_to_vpc = link(
    ForwardingRule,
    Vpc,
    on=IN_NETWORK_PROJECT | {"network": "name"},
    name="l_gcp_fr_to_vpc",
    columns=("rule_id", "vpc_id"),
    one=("b",),
    doc="An internal forwarding rule serves a VPC.",
)

forwarding_rule_to_subnet = link(
    ForwardingRule,
    Subnet,
    on=IN_NETWORK_PROJECT | {"subnetwork": "name", "region": "region"},
    name="l_gcp_fr_to_subnet",
    columns=("rule_id", "subnet_id"),
    one=("b",),
    doc="An internal forwarding rule has its address from a subnet.",
)

forwarding_rule_to_target_pool = link(
    ForwardingRule,
    TargetPool,
    on=Rule(by_target, a=("target", "region"), b=("name", "region")),
    name="l_gcp_fr_to_target_pool",
    columns=("rule_id", "target_pool_id"),
    one=("b",),
    doc="A forwarding rule sends its traffic to a target pool.",
)

gke_cluster_to_vpc = link(
    GkeCluster,
    Vpc,
    on=IN_NETWORK_PROJECT | {"network": "name"},
    columns=("cluster_id", "vpc_id"),
    one=("b",),
    doc="The nodes of a GKE cluster are in a VPC.",
)

gke_cluster_to_subnet = link(
    GkeCluster,
    Subnet,
    on=IN_NETWORK_PROJECT | {"subnetwork": "name", "region": "region"},
    columns=("cluster_id", "subnet_id"),
    one=("b",),
    doc="The nodes of a GKE cluster have their addresses from a subnet.",
)

nic_to_vpc = link(
    Nic,
    Vpc,
    on=IN_NETWORK_PROJECT | {"network": "name"},
    one=("b",),
    doc="A network interface is in a VPC.",
)

nic_to_subnet = link(
    Nic,
    Subnet,
    on=IN_NETWORK_PROJECT | {"network": "vpc_name", "subnetwork": "name", "region": "region"},
    one=("b",),
    doc="A network interface has its addresses from a subnet.",
)

instance_to_gke_cluster = link(
    Instance,
    GkeCluster,
    rules={
        "location": Rule(
            by_cluster_labels, a=("gke_cluster_name", "labels"), b=("name", "location")
        ),
        "region": Rule(by_cluster_name, a=("gke_cluster_name", "region"), b=("name", "region")),
    },
    one=("b",),
    doc="A virtual machine is a node of a GKE cluster.",
)

target_pool_instance_to_instance = link(
    TargetPoolInstance,
    Instance,
    on={"project_id": "project_id", "zone": "zone", "instance_name": "name"},
    one=("b",),
    doc="An entry of a target pool names a virtual machine, which may be gone.",
)
