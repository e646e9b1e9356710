"""Words and limits of AWS's APIs, and the parts of their answers that we keep."""

from __future__ import annotations

NAME_TAG = "Name"

PAGE_SIZE = 1000
"""The most that EC2's paged calls give at once."""
PAGE_SIZES = {
    "ec2:DescribeVolumes": 500,
    "elb:DescribeLoadBalancers": 400,
    "elbv2:DescribeLoadBalancers": 400,
    "route53:ListHostedZones": 100,
    "route53:ListResourceRecordSets": 300,
}
"""The most that other calls give at once."""

CLASSIC = "classic"
"""The type of load balancers of the first generation, which do not name one."""
OLD_REGIONS = {"EU": "eu-west-1", "": "us-east-1"}
"""What `GetBucketLocation` says instead of a region's name."""
HOSTED_ZONE_PREFIX = "/hostedzone/"
ESCAPED_STAR = "\\052"

OPERATIONS = {
    "ec2": frozenset(
        {
            "DescribeAddresses",
            "DescribeAvailabilityZones",
            "DescribeDhcpOptions",
            "DescribeImages",
            "DescribeInstances",
            "DescribeInternetGateways",
            "DescribeNatGateways",
            "DescribeNetworkInterfaces",
            "DescribeRegions",
            "DescribeSecurityGroups",
            "DescribeSnapshots",
            "DescribeSubnets",
            "DescribeVolumes",
            "DescribeVpcs",
        }
    ),
    "elb": frozenset({"DescribeLoadBalancers"}),
    "elbv2": frozenset({"DescribeLoadBalancers"}),
    "route53": frozenset({"ListHostedZones", "ListResourceRecordSets"}),
    "s3": frozenset({"GetBucketLocation", "ListBuckets"}),
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
                "Groups",
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
