"""Virtual machines of EC2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import NAME_TAG
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

instance_row = row(Instance)


@collector(Instance, scope=RegionScope)
def collect_instances(region: RegionReader) -> Iterator[Row[Instance]]:
    """Read the instances of a region with `ec2:DescribeInstances`, terminated ones included."""
    for instance in region.items(
        "ec2", "DescribeInstances", "Reservations.Instances", key="InstanceId"
    ):
        tags = tag_map(instance)
        yield instance_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tags,
            instance_id=instance["InstanceId"],
            name=tags.get(NAME_TAG) or None,
            arch=instance.get("Architecture") or None,
            instance_type=instance.get("InstanceType") or None,
            state=instance.get("State", {}).get("Name") or None,
            subnet_id=instance.get("SubnetId") or None,
            vpc_id=instance.get("VpcId") or None,
            platform=instance.get("PlatformDetails") or None,
            image_id=instance.get("ImageId") or None,
            launch_time=instance.get("LaunchTime"),
        )
