"""Machine images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.models.image import Image
from inventory.sources.aws.scopes import RegionScope
from inventory.sources.aws.utils import tag_map

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

image_row = row(Image)


@collector(Image, scope=RegionScope)
def collect_images(region: RegionReader) -> Iterator[Row[Image]]:
    """Read the images that the account owns in a region with `ec2:DescribeImages`."""
    # Without an owner, AWS answers with every public image there is.
    for image in region.items(
        "ec2", "DescribeImages", "Images", key="ImageId", Owners=[region.account_id]
    ):
        yield image_row(
            account_id=region.account_id,
            region_name=region.region_name,
            tags=tag_map(image),
            image_id=image["ImageId"],
            name=image.get("Name") or None,
            owner_id=image.get("OwnerId") or None,
            image_type=image.get("ImageType") or None,
            root_device_type=image.get("RootDeviceType") or None,
            description=image.get("Description") or None,
            state=image.get("State") or None,
            creation_date=image.get("CreationDate") or None,
        )
