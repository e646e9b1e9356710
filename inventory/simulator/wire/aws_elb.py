"""Elastic Load Balancing, both generations: the query protocol, paged by markers."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.simulator.amazon import Amazon
from inventory.simulator.amazon_rows import Balancer, Classic
from inventory.simulator.wire.aws_paging import Refused, decode, encode

VERSIONS = {"2012-06-01": "elb", "2015-12-01": "elbv2"}
"""Both sign as `elasticloadbalancing`; the version of the API tells them apart."""
LIMIT = 400
REQUEST = "8f7724cf-496f-496e-8fe3-000000000000"


def balancers(amazon: Amazon, service: str, params: dict[str, str], place: int) -> str:
    """DescribeLoadBalancers. Raises Refused for filters, and for what is no page size or marker."""
    if params.get("Action") != "DescribeLoadBalancers":
        raise Refused(
            400, "InvalidAction", f"{params.get('Action')} is not valid for this service."
        )
    if extra := next(
        (
            name
            for name in params
            if name.startswith(("LoadBalancerNames", "Names", "LoadBalancerArns"))
        ),
        None,
    ):
        raise Refused(400, "ValidationError", f"The simulator does not know {extra}.")
    kind = "classic" if service == "elb" else "balancers"
    size = params.get("PageSize", str(LIMIT))
    limit = int(size) if size.isdecimal() else 0
    if not 1 <= limit <= LIMIT:
        raise Refused(400, "ValidationError", f"Page size {size} must be between 1 and {LIMIT}")
    offset, page = 0, 1
    if marker := params.get("Marker"):
        offset, page = decode(marker, kind, place, "ValidationError")
    last = offset + limit
    following = ""
    if last < amazon.total(place, kind):
        following = f"<NextMarker>{encode(kind, place, last, page + 1)}</NextMarker>"
    where = amazon.places[place]
    found: Iterable[Classic | Balancer] = amazon.page(place, kind, offset, limit)
    items = "".join(
        _classic(row) if isinstance(row, Classic) else _balancer(row, where.account, where.region)
        for row in found
    )
    element = "LoadBalancerDescriptions" if service == "elb" else "LoadBalancers"
    version = next(version for version, name in VERSIONS.items() if name == service)
    return (
        '<DescribeLoadBalancersResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/'
        f'{version}/"><DescribeLoadBalancersResult><{element}>{items}</{element}>{following}'
        f"</DescribeLoadBalancersResult><ResponseMetadata><RequestId>{REQUEST}</RequestId>"
        "</ResponseMetadata></DescribeLoadBalancersResponse>"
    )


def _members(values: Iterable[str]) -> str:
    return "".join(f"<member>{value}</member>" for value in values)


def _classic(row: Classic) -> str:
    return (
        f"<member><LoadBalancerName>{row.name}</LoadBalancerName><DNSName>{row.dns_name}</DNSName>"
        f"<CanonicalHostedZoneName>{row.dns_name}</CanonicalHostedZoneName>"
        f"<CanonicalHostedZoneNameID>{row.zone_id}</CanonicalHostedZoneNameID><ListenerDescriptions/>"
        f"<AvailabilityZones>{_members(row.zones)}</AvailabilityZones>"
        f"<Subnets>{_members(row.subnets)}</Subnets><VPCId>{row.vpc_id}</VPCId><Instances/>"
        f"<SecurityGroups/><CreatedTime>{row.created_at}</CreatedTime><Scheme>{row.scheme}</Scheme></member>"
    )


def _balancer(row: Balancer, account: str, region: str) -> str:
    zones = "".join(
        f"<member><ZoneName>{zone}</ZoneName><SubnetId>{subnet}</SubnetId></member>"
        for zone, subnet in zip(row.zones, row.subnets, strict=False)
    )
    scheme = f"<Scheme>{row.scheme}</Scheme>" if row.scheme else ""
    return (
        f"<member><LoadBalancerArn>{row.arn(account, region)}</LoadBalancerArn>"
        f"<DNSName>{row.dns_name}</DNSName>"
        f"<CanonicalHostedZoneId>{row.zone_id}</CanonicalHostedZoneId>"
        f"<CreatedTime>{row.created_at}</CreatedTime><LoadBalancerName>{row.name}</LoadBalancerName>"
        f"{scheme}<VpcId>{row.vpc_id}</VpcId><State><Code>{row.state}</Code></State>"
        f"<Type>{row.kind}</Type><AvailabilityZones>{zones}</AvailabilityZones>"
        "<IpAddressType>ipv4</IpAddressType></member>"
    )
