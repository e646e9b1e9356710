"""What Gardener left behind in AWS."""

from __future__ import annotations

import sqlalchemy as sa

from inventory.core.leak import leak, unlinked
from inventory.nexus.aws_gardener import vpc_to_shoot
from inventory.sources.aws.models.vpc import Vpc
from inventory.sources.gardener.models.shoot import Shoot

vpc_without_shoot = leak(
    Vpc,
    "aws-vpc-without-shoot",
    # AWS makes a default VPC in each region; nobody leaves it behind.
    when=lambda vpc: sa.and_(vpc.c.is_default.is_not(True), unlinked(vpc_to_shoot, Vpc)(vpc)),
    owners=(Shoot,),
    doc="No shoot runs in this VPC.",
    confidence=0.8,
)
