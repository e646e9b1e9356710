"""The collectors against moto: an AWS that we did not write, so that we cannot agree with our own mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from inventory.config.aws import AwsConfig
from inventory.sources.aws.client import AwsClient
from inventory.sources.aws.scopes import AccountScope, RegionScope
from inventory.sources.aws.tasks.az import collect_azs
from inventory.sources.aws.tasks.instance import collect_instances
from inventory.sources.aws.tasks.network_interface import collect_net_interfaces
from inventory.sources.aws.tasks.region import collect_regions
from inventory.sources.aws.tasks.subnet import collect_subnets
from inventory.sources.aws.tasks.vpc import collect_vpcs
from tests.sources.reading import collect, split

ACCOUNT = "123456789012"
PLACE = RegionScope(ACCOUNT, "eu-central-1")


@pytest.fixture(scope="module")
def moto() -> Iterator[None]:
    """AWS's own addresses, answered by moto inside this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with mock_aws():
            yield


@pytest.fixture(scope="module")
def made(moto: None) -> dict[str, Any]:
    """A VPC with a subnet and three instances, made through boto3."""
    ec2 = boto3.client("ec2", region_name="eu-central-1")
    tags = [{"Key": "Name", "Value": "web"}, {"Key": "kubernetes.io/cluster/web", "Value": "1"}]
    vpc = ec2.create_vpc(
        CidrBlock="10.1.0.0/16",
        AmazonProvidedIpv6CidrBlock=True,
        TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}],
    )["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.1.0.0/24", AvailabilityZone="eu-central-1a"
    )["Subnet"]["SubnetId"]
    image = ec2.register_image(Name="image", Architecture="x86_64")["ImageId"]
    instances = ec2.run_instances(
        ImageId=image, MinCount=3, MaxCount=3, SubnetId=subnet, InstanceType="m5.large"
    )["Instances"]
    return {
        "vpc": vpc,
        "subnet": subnet,
        "image": image,
        "instances": {instance["InstanceId"] for instance in instances},
    }


@pytest.fixture
def client(moto: None) -> AwsClient:
    return AwsClient(
        AwsConfig.model_validate(
            {
                "is_enabled": True,
                "region": "eu-central-1",
                "services": {"ec2": {"use_credentials": ["moto"]}},
                "credentials": {
                    "moto": {
                        "token_retriever": "static",
                        "access_key_id": "a",
                        "secret_access_key": "b",
                    }
                },
            }
        )
    )


def test_the_account_and_its_regions_are_found(client: AwsClient) -> None:
    accounts, failed = split(client, AccountScope)
    regions, _ = split(client, RegionScope)

    assert (accounts, failed) == ([ACCOUNT], {})
    assert f"{ACCOUNT}/eu-central-1" in regions
    assert len(collect(client, collect_regions, AccountScope(ACCOUNT))) == len(regions)


def test_what_was_made_is_collected(client: AwsClient, made: dict[str, Any]) -> None:
    zones = collect(client, collect_azs, PLACE)
    (vpc,) = [row for row in collect(client, collect_vpcs, PLACE) if row["vpc_id"] == made["vpc"]]
    (subnet,) = [
        row for row in collect(client, collect_subnets, PLACE) if row["subnet_id"] == made["subnet"]
    ]
    instances = collect(client, collect_instances, PLACE)
    interfaces = collect(client, collect_net_interfaces, PLACE)

    assert {zone["name"] for zone in zones} >= {"eu-central-1a", "eu-central-1b"}
    assert (vpc["name"], vpc["ipv4_cidr"], vpc["is_default"]) == ("web", "10.1.0.0/16", False)
    assert vpc["tags"] == {"Name": "web", "kubernetes.io/cluster/web": "1"}
    assert vpc["ipv6_cidr"].endswith("/56")
    assert (subnet["vpc_id"], subnet["az"]) == (made["vpc"], "eu-central-1a")
    assert subnet["az_id"] in {zone["zone_id"] for zone in zones}
    assert {row["instance_id"] for row in instances} == made["instances"]
    assert {(row["state"], row["image_id"], row["subnet_id"]) for row in instances} == {
        ("running", made["image"], made["subnet"])
    }
    assert all(row["launch_time"].tzinfo for row in instances)
    assert {row["instance_id"] for row in interfaces} == made["instances"]
    assert {row["device_index"] for row in interfaces} == {0}
