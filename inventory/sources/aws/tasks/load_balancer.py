"""Load balancers of both generations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import CLASSIC
from inventory.sources.aws.models.load_balancer import LoadBalancer
from inventory.sources.aws.scopes import BalancerScope

if TYPE_CHECKING:
    from inventory.sources.aws.client import RegionReader

balancer_row = row(LoadBalancer)


@collector(LoadBalancer, scope=BalancerScope)
def collect_loadbalancers(region: RegionReader) -> Iterator[Row[LoadBalancer]]:
    """Read load balancers with `elasticloadbalancing:DescribeLoadBalancers`, of both generations."""
    if region.reaches("elb"):
        for balancer in region.items(
            "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", key="DNSName"
        ):
            yield balancer_row(
                account_id=region.account_id,
                region_name=region.region_name,
                dns_name=balancer["DNSName"],
                name=balancer.get("LoadBalancerName") or None,
                canonical_hosted_zone_id=balancer.get("CanonicalHostedZoneNameID") or None,
                scheme=balancer.get("Scheme") or None,
                type=CLASSIC,
                vpc_id=balancer.get("VPCId") or None,
                created_time=balancer.get("CreatedTime"),
            )
    if region.reaches("elbv2"):
        for balancer in region.items(
            "elbv2", "DescribeLoadBalancers", "LoadBalancers", key="LoadBalancerArn"
        ):
            arn = balancer["LoadBalancerArn"]
            yield balancer_row(
                account_id=region.account_id,
                region_name=region.region_name,
                # A gateway load balancer is reached through an endpoint and has no name in DNS.
                dns_name=balancer.get("DNSName") or arn,
                name=balancer.get("LoadBalancerName") or None,
                arn=arn,
                load_balancer_id=arn.rpartition("/")[2],
                state=balancer.get("State", {}).get("Code") or None,
                canonical_hosted_zone_id=balancer.get("CanonicalHostedZoneId") or None,
                scheme=balancer.get("Scheme") or None,
                type=balancer.get("Type") or None,
                vpc_id=balancer.get("VpcId") or None,
                created_time=balancer.get("CreatedTime"),
            )
