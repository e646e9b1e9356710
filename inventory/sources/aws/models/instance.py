"""Virtual machines of EC2."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Tagged


class Instance(Tagged, table=True):
    """A virtual machine. Terminated ones are listed for about an hour."""

    instance_id: Key[str]
    """`InstanceId`, such as `i-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """The `Name` tag."""
    arch: str | None = None
    """`Architecture`: `x86_64`, `arm64`, `i386` and others."""
    instance_type: str | None = None
    """`InstanceType`, such as `m5.large`."""
    state: str | None = None
    """`State.Name`: `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`."""
    subnet_id: str | None = None
    """`SubnetId`; absent once terminated."""
    vpc_id: str | None = None
    """`VpcId`; absent once terminated."""
    platform: str | None = None
    """`PlatformDetails`: what is billed for, such as `Linux/UNIX`."""
    image_id: str | None = None
    """`ImageId`: the AMI that it was started from."""
    launch_time: datetime | None = None
    """`LaunchTime`: of the latest start, not the first."""
