"""Load balancers: classic ones, and those of the second generation."""

from __future__ import annotations

from datetime import datetime

from inventory.core.columns import Key
from inventory.sources.aws.models.base import Regional


class LoadBalancer(Regional, table=True):
    """A load balancer of either generation."""

    table_name = "aws_loadbalancer"

    dns_name: Key[str]
    """`DNSName`; the ARN of a gateway load balancer, which has none."""
    name: str | None = None
    """`LoadBalancerName`."""
    arn: str | None = None
    """`LoadBalancerArn`; absent for a classic one."""
    load_balancer_id: str | None = None
    """What follows the last `/` of the ARN; absent for a classic one."""
    state: str | None = None
    """`State.Code`: `active`, `provisioning`, `active_impaired` or `failed`; absent for a classic one."""
    canonical_hosted_zone_id: str | None = None
    """`CanonicalHostedZoneId`: of the zone of its DNS name."""
    scheme: str | None = None
    """`Scheme`: `internet-facing` or `internal`."""
    type: str | None = None
    """`Type`: `application`, `network` or `gateway`; `classic` for the first generation."""
    vpc_id: str | None = None
    """`VpcId`."""
    created_time: datetime | None = None
    """`CreatedTime`."""
