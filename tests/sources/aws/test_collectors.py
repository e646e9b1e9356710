"""Rows of AWS's resources, from whole items and from items with every optional part missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from inventory.core.task import Collector
from inventory.sources.aws.tasks.az import collect_azs
from inventory.sources.aws.tasks.instance import collect_instances
from inventory.sources.aws.tasks.network_interface import collect_net_interfaces
from inventory.sources.aws.tasks.region import collect_regions
from inventory.sources.aws.tasks.subnet import collect_subnets
from inventory.sources.aws.tasks.vpc import collect_vpcs
from tests.sources.reading import Recorded, readable

HERE = {"account_id": "111122223333", "region_name": "eu-central-1"}

BARE: list[tuple[Collector, dict[str, Any], dict[str, Any]]] = [
    (
        collect_regions,
        {"RegionName": "eu-central-1"},
        {"account_id": "111122223333", "name": "eu-central-1"},
    ),
    (collect_azs, {"ZoneId": "euc1-az1"}, {**HERE, "zone_id": "euc1-az1"}),
    (collect_vpcs, {"VpcId": "vpc-1"}, {**HERE, "vpc_id": "vpc-1", "tags": {}}),
    (collect_subnets, {"SubnetId": "subnet-1"}, {**HERE, "subnet_id": "subnet-1", "tags": {}}),
    (collect_instances, {"InstanceId": "i-1"}, {**HERE, "instance_id": "i-1", "tags": {}}),
    (
        collect_net_interfaces,
        {"NetworkInterfaceId": "eni-1", "Description": "", "PrivateDnsName": "", "TagSet": []},
        {**HERE, "interface_id": "eni-1", "tags": {}, "group_ids": []},
    ),
]


@pytest.mark.parametrize(
    ("task", "item", "known"), BARE, ids=lambda value: getattr(value, "name", "")
)
def test_what_is_absent_is_null(
    task: Collector, item: dict[str, Any], known: dict[str, Any]
) -> None:
    (row,) = readable(task(Recorded(item)))

    assert row == dict.fromkeys(task.models[0].columns()) | known


def test_a_vpc_keeps_its_tags_and_the_block_that_is_associated() -> None:
    vpc = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "State": "available",
        "IsDefault": False,
        "OwnerId": "999988887777",
        "DhcpOptionsId": "dopt-1",
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": "2a05::/56", "Ipv6CidrBlockState": {"State": "disassociated"}},
            {"Ipv6CidrBlock": "2a06::/56", "Ipv6CidrBlockState": {"State": "associated"}},
        ],
        "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "empty"}, {"Value": "no key"}],
    }

    (row,) = readable(collect_vpcs(Recorded(vpc)))

    assert row == {
        "account_id": "111122223333",
        "region_name": "eu-central-1",
        "tags": {"Name": "web", "empty": ""},
        "vpc_id": "vpc-1",
        "name": "web",
        "state": "available",
        "ipv4_cidr": "10.0.0.0/16",
        "ipv6_cidr": "2a06::/56",
        "is_default": False,
        "owner_id": "999988887777",
        "dhcp_option_set_id": "dopt-1",
    }


def test_an_instance_is_read_whole() -> None:
    instance = {
        "InstanceId": "i-1",
        "Architecture": "arm64",
        "InstanceType": "m6g.large",
        "State": {"Code": 16, "Name": "running"},
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "PlatformDetails": "Linux/UNIX",
        "ImageId": "ami-1",
        "LaunchTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "Tags": [{"Key": "Name", "Value": "worker"}],
    }

    (row,) = readable(collect_instances(Recorded(instance)))

    assert row == {
        "account_id": "111122223333",
        "region_name": "eu-central-1",
        "tags": {"Name": "worker"},
        "instance_id": "i-1",
        "name": "worker",
        "arch": "arm64",
        "instance_type": "m6g.large",
        "state": "running",
        "subnet_id": "subnet-1",
        "vpc_id": "vpc-1",
        "platform": "Linux/UNIX",
        "image_id": "ami-1",
        "launch_time": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
