"""EC2 and STS as boto3 sees them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from inventory.simulator import Running
from tests.simulator.reading import SESSION, aws, pages

ACCOUNT, REGION = "111122223333", "eu-central-1"
CALLS = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_instances": "Reservations",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_volumes": "Volumes",
    "describe_nat_gateways": "NatGateways",
    "describe_internet_gateways": "InternetGateways",
    "describe_security_groups": "SecurityGroups",
    "describe_dhcp_options": "DhcpOptions",
}


@pytest.fixture
def ec2(quiet: Running) -> Any:
    return aws(quiet, "ec2", ACCOUNT, REGION)


def items(page: dict[str, Any], key: str) -> list[dict[str, Any]]:
    if key == "Reservations":
        return [item for reservation in page[key] for item in reservation["Instances"]]
    found: list[dict[str, Any]] = page[key]
    return found


def refused(call: Callable[..., object], **arguments: object) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("operation", CALLS)
def test_pages_of_any_size_are_the_same_list(ec2: Any, operation: str) -> None:
    key = CALLS[operation]
    whole = items(getattr(ec2, operation)(), key)

    assert len(whole) > 7, operation
    for size in (5, 7, 100, 1000):
        found = [items(page, key) for page in pages(ec2, operation, size)]

        assert [item for page in found for item in page] == whole
        assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
        assert 0 < len(found[-1]) <= size


def test_some_reservations_have_two_instances(quiet: Running) -> None:
    sizes = [
        len(reservation["Instances"])
        for account in quiet.landscape.accounts
        for reservation in aws(quiet, "ec2", account, REGION).describe_instances()["Reservations"]
    ]

    assert set(sizes) == {1, 2}


@pytest.mark.parametrize("operation", CALLS)
def test_what_is_not_a_token_is_refused(ec2: Any, operation: str) -> None:
    call = getattr(ec2, operation)
    other = ec2.describe_vpcs(MaxResults=5)["NextToken"]
    tokens = ["nonsense", "bm9uc2Vuc2U="] + [other] * (operation != "describe_vpcs")

    for token in tokens:
        assert refused(call, NextToken=token) == ("InvalidParameterValue", 400)


def test_page_sizes_have_limits(quiet: Running) -> None:
    unchecked = Config(parameter_validation=False)
    ec2 = aws(quiet, "ec2", ACCOUNT, REGION, config=unchecked)

    assert refused(ec2.describe_vpcs, MaxResults=4) == ("InvalidParameterValue", 400)
    assert refused(ec2.describe_instances, MaxResults=1001) == ("InvalidParameterValue", 400)


def test_regions_say_whether_they_are_enabled(ec2: Any) -> None:
    enabled = {r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions()["Regions"]}
    every = {
        r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions(AllRegions=True)["Regions"]
    }

    assert set(enabled.values()) == {"opt-in-not-required", "opted-in"}
    assert {name for name, status in every.items() if status == "not-opted-in"} == (
        every.keys() - enabled.keys()
    )


def test_a_region_that_is_not_enabled_refuses(quiet: Running) -> None:
    disabled = aws(quiet, "ec2", ACCOUNT, "af-south-1")

    assert refused(disabled.describe_vpcs) == ("AuthFailure", 401)


def test_what_does_not_exist_is_refused(quiet: Running, ec2: Any) -> None:
    elb = aws(quiet, "elbv2", ACCOUNT, REGION)

    assert refused(ec2.describe_key_pairs) == ("InvalidAction", 400)
    assert refused(elb.describe_target_groups) == ("InvalidAction", 400)
    assert refused(ec2.describe_vpcs, VpcIds=["vpc-1"]) == ("UnsupportedOperation", 400)


def test_requests_need_credentials_of_a_known_account(quiet: Running) -> None:
    stranger = aws(quiet, "ec2", "000000000000", REGION)
    expired = aws(quiet, "ec2", ACCOUNT, REGION, key=f"ASIA{ACCOUNT}")
    unsigned = urllib.request.Request(quiet.url, b"Action=DescribeVpcs&Version=2016-11-15")

    assert refused(stranger.describe_vpcs) == ("AuthFailure", 401)
    assert refused(expired.describe_vpcs) == ("AuthFailure", 401)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(unsigned)
    with error.value as answer:
        assert answer.code == 401
        assert b"<Code>AuthFailure</Code>" in answer.read()


def test_sts_says_who_asks_and_lends_roles(quiet: Running) -> None:
    own = aws(quiet, "sts", ACCOUNT, REGION)
    other = "444455556666"
    role = f"arn:aws:iam::{other}:role/inventory"

    lent = own.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    web = own.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="test", WebIdentityToken="a.b.c"
    )["Credentials"]
    key, token = lent["AccessKeyId"], lent["SessionToken"]
    assumed = aws(quiet, "sts", other, REGION, key=key, token=token).get_caller_identity()
    zones = aws(quiet, "ec2", other, REGION, key=key, token=token).describe_availability_zones()

    assert own.get_caller_identity()["Account"] == ACCOUNT
    assert web["AccessKeyId"] == key == f"ASIA{other}"
    assert assumed["Account"] == other
    assert assumed["Arn"] == f"arn:aws:sts::{other}:assumed-role/inventory/test"
    assert len(zones["AvailabilityZones"]) == 3


def test_a_role_of_nobody_is_refused(quiet: Running) -> None:
    sts = aws(quiet, "sts", ACCOUNT, REGION)

    for role, code in (
        ("arn:aws:iam::000000000000:role/x", ("AccessDenied", 403)),
        ("arn:aws:iam::nobody:role/x-long-enough", ("ValidationError", 400)),
    ):
        assert refused(sts.assume_role, RoleArn=role, RoleSessionName="test") == code
    assert refused(aws(quiet, "sts", "000000000000", REGION).get_caller_identity) == (
        "InvalidClientTokenId",
        403,
    )


STORED = {
    "describe_availability_zones": (
        "AvailabilityZones",
        "ZoneId ZoneType ZoneName OptInStatus State RegionName GroupName NetworkBorderGroup",
        "",
    ),
    "describe_vpcs": (
        "Vpcs",
        "VpcId State CidrBlock IsDefault OwnerId DhcpOptionsId",
        "Tags Ipv6CidrBlockAssociationSet",
    ),
    "describe_subnets": (
        "Subnets",
        "SubnetId SubnetArn VpcId State AvailabilityZone AvailabilityZoneId "
        "AvailableIpAddressCount CidrBlock Ipv6CidrBlockAssociationSet",
        "Tags",
    ),
    "describe_instances": (
        "Reservations",
        "InstanceId Architecture InstanceType State ImageId LaunchTime Tags",
        "SubnetId VpcId PlatformDetails",
    ),
    "describe_network_interfaces": (
        "NetworkInterfaces",
        "NetworkInterfaceId AvailabilityZone Description InterfaceType MacAddress OwnerId "
        "PrivateIpAddress RequesterManaged SourceDestCheck Status SubnetId VpcId",
        "PrivateDnsName RequesterId Association Attachment",
    ),
    "describe_volumes": (
        "Volumes",
        "VolumeId Size AvailabilityZone State CreateTime VolumeType Encrypted Attachments",
        "Tags Iops",
    ),
    "describe_addresses": (
        "Addresses",
        "PublicIp AllocationId Domain",
        "AssociationId NetworkInterfaceId PrivateIpAddress Tags",
    ),
    "describe_nat_gateways": (
        "NatGateways",
        "NatGatewayId VpcId SubnetId State CreateTime NatGatewayAddresses ConnectivityType Tags",
        "DeleteTime",
    ),
    "describe_internet_gateways": (
        "InternetGateways",
        "InternetGatewayId OwnerId Attachments",
        "Tags",
    ),
    "describe_security_groups": (
        "SecurityGroups",
        "GroupId GroupName Description VpcId OwnerId IpPermissions",
        "Tags",
    ),
    "describe_snapshots": (
        "Snapshots",
        "SnapshotId VolumeId State StartTime OwnerId VolumeSize Description",
        "Tags",
    ),
    "describe_images": (
        "Images",
        "ImageId Name OwnerId ImageType RootDeviceType Architecture CreationDate",
        "Description",
    ),
    "describe_dhcp_options": ("DhcpOptions", "DhcpOptionsId OwnerId DhcpConfigurations", "Tags"),
}


@pytest.mark.parametrize("operation", STORED)
def test_stored_fields_are_there_and_optional_ones_sometimes(
    quiet: Running, operation: str
) -> None:
    key, always, sometimes = STORED[operation]
    found = [
        item
        for account in quiet.landscape.accounts
        for region in ("eu-central-1", "us-east-1")
        for item in items(getattr(aws(quiet, "ec2", account, region), operation)(), key)
    ]

    for name in always.split():
        assert all(name in item for item in found), name
    for name in sometimes.split():
        assert 0 < sum(name in item for item in found) < len(found), name


def test_interfaces_come_with_every_kind_of_association_and_attachment(ec2: Any) -> None:
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    associations = {frozenset(i["Association"]) for i in found if "Association" in i}
    attachments = {frozenset(i["Attachment"]) for i in found if "Attachment" in i}

    plain = frozenset({"PublicIp", "PublicDnsName", "IpOwnerId"})
    assert associations == {plain, plain | {"AllocationId", "AssociationId"}}
    assert {"InstanceId" in attachment for attachment in attachments} == {True, False}
    assert {
        i["Description"].split("-0")[0].split("/")[0] for i in found if "ELB" in i["Description"]
    }


def test_a_terminated_instance_has_no_network(quiet: Running) -> None:
    ids = quiet.truth(ids=True)["ids"]["terminated_instances"]
    found = {
        instance["InstanceId"]: instance
        for account in quiet.landscape.accounts
        for region in ("eu-central-1", "eu-west-1", "us-east-1", "eu-south-1")
        for instance in items(
            aws(quiet, "ec2", account, region).describe_instances(), "Reservations"
        )
    }

    gone = [instance for instance in found.values() if instance["State"]["Name"] == "terminated"]
    assert sorted(instance["InstanceId"] for instance in gone) == ids
    for instance in gone:
        assert not {"VpcId", "SubnetId", "PrivateIpAddress"} & instance.keys()


def unknown(element: ET.Element, shape: Any) -> Iterator[str]:
    """The elements that botocore's model of the answer does not know."""
    if shape.type_name == "list":
        for child in element:
            yield from unknown(child, shape.member)
    elif shape.type_name == "structure":
        members = {
            member.serialization.get("name", name): member for name, member in shape.members.items()
        }
        for child in element:
            name = child.tag.rpartition("}")[2]
            if name in members:
                yield from unknown(child, members[name])
            elif name != "requestId":
                yield f"{element.tag.rpartition('}')[2]}/{name}"


@pytest.mark.parametrize("operation", [*STORED, "describe_regions"])
def test_answers_have_no_element_that_botocore_does_not_know(ec2: Any, operation: str) -> None:
    bodies: list[bytes] = []
    ec2.meta.events.register(
        "before-parse", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    name = ec2.meta.method_to_api_mapping[operation]

    getattr(ec2, operation)()

    model = SESSION._session.get_service_model("ec2").operation_model(name)
    assert set(unknown(ET.fromstring(bodies[0]), model.output_shape)) == set()
