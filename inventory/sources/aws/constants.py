"""Words and limits of AWS's APIs, and the parts of their answers that we keep."""

from __future__ import annotations

NAME_TAG = "Name"

PAGE_SIZE = 1000
"""The most that EC2's paged calls give at once."""

OPERATIONS = {
    "ec2": frozenset(
        {
            "DescribeAvailabilityZones",
            "DescribeInstances",
            "DescribeNetworkInterfaces",
            "DescribeRegions",
            "DescribeSubnets",
            "DescribeVpcs",
        }
    ),
    "sts": frozenset({"AssumeRoleWithWebIdentity", "GetCallerIdentity"}),
}
"""The operations that are called, by service. A service that is not here keeps all of its own."""

KEPT = {
    "ec2": {
        "Instance": frozenset(
            {
                "Architecture",
                "ImageId",
                "InstanceId",
                "InstanceType",
                "LaunchTime",
                "PlatformDetails",
                "State",
                "SubnetId",
                "Tags",
                "VpcId",
            }
        ),
        "NetworkInterface": frozenset(
            {
                "Association",
                "Attachment",
                "AvailabilityZone",
                "Description",
                "InterfaceType",
                "MacAddress",
                "NetworkInterfaceId",
                "OwnerId",
                "PrivateDnsName",
                "PrivateIpAddress",
                "RequesterId",
                "RequesterManaged",
                "SourceDestCheck",
                "Status",
                "SubnetId",
                "TagSet",
                "VpcId",
            }
        ),
        "Reservation": frozenset({"Instances"}),
    },
}
"""The members that are read of the largest shapes, by service. A shape that is not here is read whole.

botocore spends its time on every member that its model knows, wanted or not: an instance costs a quarter this way.
"""
