"""What Gardener left behind in AWS."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.leak import Owner, leak, linked, same_place, unlinked
from inventory.nexus import claims
from inventory.nexus.aws_gardener import (
    bucket_to_backup_bucket,
    clusters_of,
    has_cluster_tag,
    subnet_to_shoot,
    volume_to_persistent_volume,
    volume_to_shoot,
    vpc_to_shoot,
)
from inventory.nexus.aws_machines_gardener import (
    instance_to_allowed_image,
    instance_to_bastion,
    instance_to_machine,
    instance_to_shoot,
)
from inventory.nexus.aws_names_gardener import dns_record_to_dns_entry, dns_record_to_dns_record
from inventory.sources.aws.models.bucket import Bucket
from inventory.sources.aws.models.elastic_ip import ElasticIp
from inventory.sources.aws.models.gateway import NatGateway
from inventory.sources.aws.models.hosted_zone import ResourceRecord
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.models.links import network_interface_to_security_group
from inventory.sources.aws.models.load_balancer import LoadBalancer
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.aws.models.security_group import SecurityGroup
from inventory.sources.aws.models.subnet import Subnet
from inventory.sources.aws.models.volume import Volume
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.models.cloud_profile import CloudProfileAwsImage
from inventory.sources.gardener.models.dns import DnsEntry, DnsRecord
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.persistent_volume import PersistentVolume
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot

NOT_GARDENERS = ("NS", "SOA", "MX", "PTR")
"""Types of records that Gardener never writes."""
OF_NETWORKS = (Shoot, same_place(Vpc), same_place(Subnet))
"""Who says which shoot a VPC is: the subnets in it may be the only ones that are tagged."""


def is_made(vpc: Any) -> sa.ColumnElement[bool]:
    """AWS makes a default VPC in each region; nobody leaves it behind."""
    return sa.not_(sa.func.coalesce(vpc.c.is_default, sa.false()))


def in_vpc(row: Any, *, without_shoot: bool) -> sa.ColumnElement[bool]:
    """That a row is in a VPC that somebody made."""
    vpc = Vpc.__table__.alias("vpc")
    return sa.exists().where(
        vpc.c.vpc_id == row.c.vpc_id,
        vpc.c.account_id == row.c.account_id,
        is_made(vpc),
        *([unlinked(vpc_to_shoot, Vpc)(vpc)] if without_shoot else []),
    )


def is_tagged_with_shoot(row: Any) -> sa.ColumnElement[bool]:
    """That a shoot exists that the row is tagged with."""
    keys, cluster = clusters_of(row)
    shoot = Shoot.__table__.alias("shoot")
    return sa.exists(
        sa.select(shoot.c.id)
        .select_from(keys.join(shoot, shoot.c.technical_id == cluster))
        .correlate(row)
    )


vpc_without_shoot = leak(
    Vpc,
    "aws-vpc-without-shoot",
    when=lambda vpc: sa.and_(is_made(vpc), unlinked(vpc_to_shoot, Vpc)(vpc)),
    owners=(Shoot, same_place(Subnet)),
    doc="No shoot runs in this VPC.",
    confidence=0.8,
)

subnet_without_shoot = leak(
    Subnet,
    "aws-subnet-without-shoot",
    when=lambda subnet: sa.and_(
        unlinked(subnet_to_shoot, Subnet)(subnet),
        sa.or_(
            in_vpc(subnet, without_shoot=True),
            sa.and_(has_cluster_tag(subnet), in_vpc(subnet, without_shoot=False)),
        ),
    ),
    owners=OF_NETWORKS,
    doc="The shoot that this subnet is tagged with is gone, or no shoot runs in its VPC.",
    confidence=0.8,
)

instance_without_machine = leak(
    Instance,
    "aws-instance-without-machine",
    when=lambda instance: sa.and_(
        instance.c.state.in_(("running", "stopping", "stopped")),
        unlinked(instance_to_machine, Instance)(instance),
        unlinked(instance_to_bastion, Instance)(instance),
    ),
    owners=(
        Shoot,
        Owner(Machine, near=claims.seeds_of_aws_instance),
        Owner(Bastion, near=claims.seeds_of_aws_instance, may_be_empty=True),
        same_place(NetworkInterface),
    ),
    doc="No machine of a shoot is this instance, and no bastion.",
    confidence=0.8,
    since="launch_time",
)

unknown_image = leak(
    Instance,
    "aws-unknown-image",
    when=lambda instance: sa.and_(
        linked(instance_to_shoot, Instance)(instance),
        unlinked(instance_to_allowed_image, Instance)(instance),
    ),
    owners=(Shoot, CloudProfileAwsImage, claims.MACHINES),
    doc="The cloud profile of its shoot does not know the image that this instance was started from.",
    confidence=0.9,
    since="launch_time",
)

bucket_without_backup_bucket = leak(
    Bucket,
    "aws-bucket-without-backup-bucket",
    when=unlinked(bucket_to_backup_bucket, Bucket),
    owners=(BackupBucket,),
    doc="No backup bucket of Gardener is this bucket.",
    confidence=0.5,
    since="creation_date",
)

dns_record_without_owner = leak(
    ResourceRecord,
    "aws-dns-record-without-owner",
    when=lambda record: sa.and_(
        record.c.type.not_in(NOT_GARDENERS),
        unlinked(dns_record_to_dns_record, ResourceRecord)(record),
        unlinked(dns_record_to_dns_entry, ResourceRecord)(record),
    ),
    # Any seed may write any name.
    owners=(
        Seed,
        Owner(DnsRecord, expected=claims.every_seed),
        Owner(DnsEntry, expected=claims.every_cluster, may_be_empty=True),
    ),
    doc="Neither a DNS record nor a DNS entry of Gardener asks for this name with this value.",
    confidence=0.5,
)

elastic_ip_unassociated = leak(
    ElasticIp,
    "aws-elastic-ip-unassociated",
    when=lambda address: sa.and_(
        address.c.association_id.is_(None), ~is_tagged_with_shoot(address)
    ),
    owners=(Shoot, same_place(ElasticIp)),
    doc="This elastic IP is paid for and leads to nothing, and it is no shoot's.",
    confidence=0.9,
)

load_balancer_without_shoot = leak(
    LoadBalancer,
    "aws-loadbalancer-without-shoot",
    when=lambda balancer: in_vpc(balancer, without_shoot=True),
    owners=OF_NETWORKS,
    doc="No shoot runs in the VPC of this load balancer.",
    confidence=0.8,
    since="created_time",
)

nat_gateway_without_shoot = leak(
    NatGateway,
    "aws-nat-gateway-without-shoot",
    when=lambda gateway: sa.and_(
        gateway.c.state.not_in(("deleted", "deleting", "failed")),
        in_vpc(gateway, without_shoot=True),
    ),
    owners=OF_NETWORKS,
    doc="No shoot runs in the VPC of this NAT gateway, which is paid for by the hour.",
    confidence=0.8,
    since="create_time",
)

security_group_without_shoot = leak(
    SecurityGroup,
    "aws-security-group-without-shoot",
    when=lambda group: sa.and_(has_cluster_tag(group), ~is_tagged_with_shoot(group)),
    owners=(Shoot,),
    doc="The shoot that this security group is tagged with is gone.",
    confidence=0.9,
)

security_group_unused = leak(
    SecurityGroup,
    "aws-security-group-unused",
    # Nobody can delete the group `default` of a VPC.
    when=lambda group: sa.and_(
        group.c.name.is_distinct_from("default"),
        unlinked(network_interface_to_security_group, SecurityGroup)(group),
        ~is_tagged_with_shoot(group),
    ),
    owners=(Shoot, same_place(NetworkInterface)),
    doc="No network interface has this security group, and it is no shoot's.",
    confidence=0.7,
)

volume_unattached = leak(
    Volume,
    "aws-volume-unattached",
    # The volumes of a shoot that sleeps are attached to nothing, on purpose.
    when=lambda volume: sa.and_(
        volume.c.state == "available",
        volume.c.instance_id.is_(None),
        unlinked(volume_to_shoot, Volume)(volume),
        unlinked(volume_to_persistent_volume, Volume)(volume),
    ),
    owners=(
        Shoot,
        Seed,
        Owner(PersistentVolume, near=claims.seeds_in_region("aws", "region_name")),
        same_place(Volume),
    ),
    doc="This volume is attached to nothing, and it is no shoot's and no seed's.",
    confidence=0.8,
    since="create_time",
)
