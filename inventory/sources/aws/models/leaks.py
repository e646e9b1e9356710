"""What was left behind in AWS, as AWS alone can tell."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inventory.core.leak import leak, same_place, unlinked
from inventory.sources.aws.models.dhcp_option_set import DhcpOptionSet
from inventory.sources.aws.models.gateway import InternetGateway
from inventory.sources.aws.models.image import Image
from inventory.sources.aws.models.links import snapshot_to_volume, vpc_to_dhcp_option_set
from inventory.sources.aws.models.volume import Snapshot, Volume
from inventory.sources.aws.models.vpc import Vpc

COPIED = "vol-ffffffff"
"""What AWS says instead of the volume for a snapshot that was copied."""


def is_of_an_image(snapshot: Any) -> sa.ColumnElement[bool]:
    """AWS notes in the description for which image it made a snapshot."""
    image = Image.__table__.alias("image")
    named = sa.func.substring(snapshot.c.description, sa.literal_column("'ami-[0-9a-f]+'"))
    return sa.exists().where(image.c.image_id == named, image.c.account_id == snapshot.c.account_id)


dhcp_option_set_without_vpc = leak(
    DhcpOptionSet,
    "aws-dhcp-option-set-without-vpc",
    when=unlinked(vpc_to_dhcp_option_set, DhcpOptionSet),
    owners=(same_place(Vpc),),
    doc="No VPC of the account uses this set of DHCP options.",
    confidence=0.9,
)

internet_gateway_unattached = leak(
    InternetGateway,
    "aws-internet-gateway-unattached",
    when=lambda gateway: gateway.c.vpc_id.is_(None),
    owners=(same_place(InternetGateway),),
    doc="This internet gateway is attached to no VPC.",
    confidence=0.9,
)

snapshot_without_volume = leak(
    Snapshot,
    "aws-snapshot-without-volume",
    when=lambda snapshot: sa.and_(
        snapshot.c.volume_id != COPIED,
        unlinked(snapshot_to_volume, Snapshot)(snapshot),
        ~is_of_an_image(snapshot),
    ),
    owners=(same_place(Volume), same_place(Image, may_be_empty=True)),
    doc="The volume of this snapshot is gone, and no image is made of it.",
    confidence=0.5,
    since="start_time",
)
