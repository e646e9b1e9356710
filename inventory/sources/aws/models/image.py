"""Machine images of EC2."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Tagged


class Image(Tagged, table=True):
    """A machine image (AMI) that the account owns."""

    hub = True

    image_id: Key[str]
    """`ImageId`, such as `ami-0a1b2c3d4e5f67890`."""
    name: str | None = None
    """`Name`."""
    owner_id: str | None = None
    """`OwnerId`: the account that owns it."""
    image_type: str | None = None
    """`ImageType`: `machine`, `kernel` or `ramdisk`."""
    root_device_type: str | None = None
    """`RootDeviceType`: `ebs` or `instance-store`."""
    description: str | None = None
    """`Description`."""
    state: str | None = None
    """`State`: `available`, `pending`, `failed` and others."""
    creation_date: datetime | None = None
    """`CreationDate`."""
