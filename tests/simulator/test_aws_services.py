"""Elastic Load Balancing, S3, Route 53 and the owners of images, as boto3 sees them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from inventory.simulator import Running
from tests.simulator.reading import SESSION, aws
from tests.simulator.test_aws import refused, unknown

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-central-1"


@pytest.mark.parametrize(
    ("service", "key"), [("elb", "LoadBalancerDescriptions"), ("elbv2", "LoadBalancers")]
)
def test_load_balancers_are_paged_by_marker(quiet: Running, service: str, key: str) -> None:
    client = aws(quiet, service, ACCOUNT, REGION)
    whole = client.describe_load_balancers()[key]

    for size in (1, 2, 400):
        pages = client.get_paginator("describe_load_balancers").paginate(
            PaginationConfig={"PageSize": size}
        )
        assert [item for page in pages for item in page[key]] == whole
    assert len(whole) > 3
    assert refused(client.describe_load_balancers, Marker="nonsense") == ("ValidationError", 400)


def test_load_balancers_have_network_interfaces_that_name_them(quiet: Running) -> None:
    interfaces = [
        found["Description"]
        for found in aws(quiet, "ec2", ACCOUNT, REGION).describe_network_interfaces()[
            "NetworkInterfaces"
        ]
    ]
    classic = aws(quiet, "elb", ACCOUNT, REGION).describe_load_balancers()
    second = aws(quiet, "elbv2", ACCOUNT, REGION).describe_load_balancers()

    names = {f"ELB {found['LoadBalancerName']}" for found in classic["LoadBalancerDescriptions"]}
    names |= {
        "ELB " + found["LoadBalancerArn"].split(":loadbalancer/")[1]
        for found in second["LoadBalancers"]
        if found["Type"] != "gateway"
    }
    assert {name for name in interfaces if name.startswith("ELB ")} == names
    assert {found["Type"] for found in second["LoadBalancers"]} == {
        "application",
        "network",
        "gateway",
    }


def test_images_belong_to_accounts(quiet: Running) -> None:
    own, other = (aws(quiet, "ec2", account, REGION) for account in (ACCOUNT, OTHER))

    mine = own.describe_images(Owners=["self"])["Images"]
    pages = own.get_paginator("describe_images").paginate(
        Owners=["self"], PaginationConfig={"PageSize": 5}
    )

    assert [image for page in pages for image in page["Images"]] == mine
    assert {image["OwnerId"] for image in mine} == {ACCOUNT}
    assert other.describe_images(Owners=[ACCOUNT])["Images"] == mine
    assert len(other.describe_images(Owners=["self"])["Images"]) == 1
    assert len(own.describe_images()["Images"]) == len(mine) + 2


def test_buckets_are_paged_and_know_their_region(quiet: Running) -> None:
    found: dict[str, str] = {}
    for account in quiet.landscape.accounts:
        s3 = aws(quiet, "s3", account, REGION)
        pages = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
        regions = {b["Name"]: b["BucketRegion"] for page in pages for b in page["Buckets"]}
        plain = s3.list_buckets()["Buckets"]

        assert [bucket["Name"] for bucket in plain] == list(regions)
        assert all("BucketRegion" not in bucket for bucket in plain)
        for name, region in regions.items():
            location = s3.get_bucket_location(Bucket=name)["LocationConstraint"]
            assert {None: "us-east-1", "EU": "eu-west-1"}.get(location, location) == region
            found[name] = str(location)
    assert {"None", "EU"} < set(found.values())
    s3 = aws(quiet, "s3", ACCOUNT, REGION)
    assert refused(s3.get_bucket_location, Bucket="nobodys-bucket") == ("NoSuchBucket", 404)
    assert refused(aws(quiet, "s3", "000000000000", REGION).list_buckets) == (
        "InvalidAccessKeyId",
        403,
    )


def record_sets(client: Any, zone: str, size: int | None = None) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone, PaginationConfig={"PageSize": size}
    )
    return [found for page in pages for found in page["ResourceRecordSets"]]


def test_record_sets_are_paged_by_their_names(quiet: Running) -> None:
    for account in quiet.landscape.accounts:
        client = aws(quiet, "route53", account, REGION)
        for zone in client.list_hosted_zones()["HostedZones"]:
            whole = record_sets(client, zone["Id"], 300)

            assert len(whole) == zone["ResourceRecordSetCount"]
            assert record_sets(client, zone["Id"], 7) == whole
            assert record_sets(client, zone["Id"], 1) == whole


def test_record_sets_come_in_every_form(quiet: Running) -> None:
    client = aws(quiet, "route53", ACCOUNT, REGION)
    (zone,) = client.list_hosted_zones()["HostedZones"]
    found = record_sets(client, zone["Id"])

    assert {"NS", "SOA", "MX", "TXT", "A", "CNAME"} == {record["Type"] for record in found}
    assert any(record["Name"].startswith("\\052.") for record in found)
    assert sum("AliasTarget" in record for record in found) == 1
    assert {record.get("SetIdentifier") for record in found} == {None, "a", "b"}
    assert any(len(record.get("ResourceRecords", ())) > 1 for record in found)
    assert refused(client.list_resource_record_sets, HostedZoneId="Z0NOBODY") == (
        "NoSuchHostedZone",
        404,
    )


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("elb", "describe_load_balancers", {}),
        ("elbv2", "describe_load_balancers", {}),
        ("s3", "list_buckets", {"MaxBuckets": 2}),
        ("route53", "list_hosted_zones", {}),
        ("route53", "list_resource_record_sets", {}),
    ],
)
def test_answers_have_no_element_that_botocore_does_not_know(
    quiet: Running, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    bodies: list[bytes] = []
    client = aws(quiet, service, ACCOUNT, REGION)
    if operation == "list_resource_record_sets":
        arguments = {"HostedZoneId": client.list_hosted_zones()["HostedZones"][0]["Id"]}
    client.meta.events.register(
        "before-parse", lambda response_dict, **_: bodies.append(response_dict["body"])
    )

    getattr(client, operation)(**arguments)

    name = client.meta.method_to_api_mapping[operation]
    model = SESSION._session.get_service_model(service).operation_model(name)
    root = ET.fromstring(bodies[-1])
    assert model.output_shape is not None
    wrapper = model.output_shape.serialization.get("resultWrapper")
    if wrapper:
        root = next(child for child in root if child.tag.endswith(wrapper))
    assert set(unknown(root, model.output_shape)) == set()
