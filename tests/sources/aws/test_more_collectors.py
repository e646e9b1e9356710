"""Rows of AWS's other resources, from items with every optional part missing, and what is particular."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from inventory.core.task import Collector
from inventory.sources.aws.tasks.bucket import collect_buckets
from inventory.sources.aws.tasks.dhcp_option_set import collect_dhcp_option_sets
from inventory.sources.aws.tasks.elastic_ip import collect_elastic_ips
from inventory.sources.aws.tasks.gateway import collect_internet_gateways, collect_nat_gateways
from inventory.sources.aws.tasks.hosted_zone import collect_dns_records, collect_hosted_zones
from inventory.sources.aws.tasks.image import collect_images
from inventory.sources.aws.tasks.load_balancer import collect_loadbalancers
from inventory.sources.aws.tasks.security_group import collect_security_groups
from inventory.sources.aws.tasks.volume import collect_snapshots, collect_volumes
from tests.sources.reading import readable

ACCOUNT = {"account_id": "111122223333"}
HERE = ACCOUNT | {"region_name": "eu-central-1"}
TAGGED: dict[str, Any] = HERE | {"tags": {}}


class Part:
    """A part of AWS whose answers were recorded, by call."""

    account_id = "111122223333"
    region_name = "eu-central-1"
    hosted_zone_id = "Z1"

    def __init__(self, *items: dict[str, Any], services: tuple[str, ...] = ()) -> None:
        self.recorded = items
        self.services = services
        self.asked: list[dict[str, Any]] = []

    def items(self, *_: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(arguments)
        yield from self.recorded

    def reaches(self, service: str) -> bool:
        return service in self.services

    def answer(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return {"LocationConstraint": "EU"}


@pytest.mark.parametrize(
    ("task", "item", "known"),
    [
        (collect_images, {"ImageId": "ami-1"}, TAGGED | {"image_id": "ami-1"}),
        (
            collect_buckets,
            {"Name": "b", "BucketRegion": "eu-west-1"},
            ACCOUNT | {"name": "b", "region_name": "eu-west-1"},
        ),
        (
            collect_hosted_zones,
            {"Id": "/hostedzone/Z1"},
            ACCOUNT | {"hosted_zone_id": "Z1"},
        ),
        (collect_dhcp_option_sets, {"DhcpOptionsId": "d"}, TAGGED | {"set_id": "d"}),
        (collect_volumes, {"VolumeId": "vol-1"}, TAGGED | {"volume_id": "vol-1"}),
        (collect_snapshots, {"SnapshotId": "snap-1"}, TAGGED | {"snapshot_id": "snap-1"}),
        (
            collect_elastic_ips,
            {"PublicIp": "203.0.113.1"},
            TAGGED | {"allocation_id": "203.0.113.1", "public_ip": "203.0.113.1"},
        ),
        (collect_nat_gateways, {"NatGatewayId": "nat-1"}, TAGGED | {"nat_gateway_id": "nat-1"}),
        (
            collect_internet_gateways,
            {"InternetGatewayId": "igw-1"},
            TAGGED | {"internet_gateway_id": "igw-1"},
        ),
        (collect_security_groups, {"GroupId": "sg-1"}, TAGGED | {"group_id": "sg-1"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_absent_is_null(
    task: Collector, item: dict[str, Any], known: dict[str, Any]
) -> None:
    (row,) = readable(task(Part(item)))

    assert row == dict.fromkeys(task.models[0].columns()) | known


def test_images_and_snapshots_are_asked_for_by_owner() -> None:
    images, snapshots = Part(), Part()

    list(collect_images(images))
    list(collect_snapshots(snapshots))

    assert images.asked == [{"Owners": ["111122223333"]}]
    assert snapshots.asked == [{"OwnerIds": ["self"]}]


@pytest.mark.parametrize(
    ("service", "item", "known"),
    [
        ("elb", {"DNSName": "d"}, {"type": "classic"}),
        ("elb", {"DNSName": "d", "VPCId": "vpc-1"}, {"type": "classic", "vpc_id": "vpc-1"}),
        (
            "elbv2",
            {"DNSName": "d", "LoadBalancerArn": "arn:…/net/n/50dc", "Type": "network"},
            {"arn": "arn:…/net/n/50dc", "load_balancer_id": "50dc", "type": "network"},
        ),
        (
            "elbv2",
            {"LoadBalancerArn": "arn:…/gwy/g/e0f9", "Type": "gateway"},
            {
                "dns_name": "arn:…/gwy/g/e0f9",
                "arn": "arn:…/gwy/g/e0f9",
                "load_balancer_id": "e0f9",
                "type": "gateway",
            },
        ),
    ],
)
def test_a_balancer_of_either_generation_is_a_row(
    service: str, item: dict[str, Any], known: dict[str, Any]
) -> None:
    (row,) = readable(collect_loadbalancers(Part(item, services=(service,))))

    columns = collect_loadbalancers.models[0].columns()
    assert row == dict.fromkeys(columns) | HERE | {"dns_name": "d"} | known


def test_an_old_name_of_a_region_is_read() -> None:
    (row,) = readable(collect_buckets(Part({"Name": "old"})))

    assert row["region_name"] == "eu-west-1"


@pytest.mark.parametrize(
    ("record", "rows"),
    [
        (
            {"ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}], "TTL": 60},
            [("192.0.2.1", False, 60, None), ("192.0.2.2", False, 60, None)],
        ),
        (
            {"AliasTarget": {"DNSName": "lb.example.", "EvaluateTargetHealth": True}},
            [("lb.example.", True, None, True)],
        ),
        ({"AliasTarget": {"DNSName": "lb.example."}}, [("lb.example.", True, None, False)]),
        ({}, []),
    ],
)
def test_a_record_set_is_a_row_for_each_value(
    record: dict[str, Any], rows: list[tuple[Any, ...]]
) -> None:
    found = readable(collect_dns_records(Part({"Name": "\\052.a.", "Type": "A", **record})))

    assert [
        (row["value"], row["is_alias"], row["ttl"], row["evaluate_health"]) for row in found
    ] == rows
    assert {row["name"] for row in found} <= {"*.a."}
