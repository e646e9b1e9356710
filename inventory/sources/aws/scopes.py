"""What one call to AWS can read: an account, a region of an account, a zone of DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from inventory.core.scope import Scope


@dataclass(frozen=True)
class AwsScope(Scope):
    """A part of an account, read with the credentials of one service."""

    services: ClassVar[tuple[str, ...]] = ("ec2",)
    """The services, as `aws.services` names them, whose credentials reach it."""

    account_id: str


@dataclass(frozen=True)
class AccountScope(AwsScope):
    """An account."""


@dataclass(frozen=True)
class RegionScope(AwsScope):
    """A region that is enabled for an account."""

    region: str


@dataclass(frozen=True)
class BalancerScope(RegionScope):
    """The load balancers of a region, of both generations."""

    services: ClassVar[tuple[str, ...]] = ("elbv2", "elb")


@dataclass(frozen=True)
class BucketScope(AwsScope):
    """The buckets of an account, whatever their region."""

    services: ClassVar[tuple[str, ...]] = ("s3",)


@dataclass(frozen=True)
class ZonesScope(AwsScope):
    """The zones of DNS of an account."""

    services: ClassVar[tuple[str, ...]] = ("route53",)


@dataclass(frozen=True)
class ZoneScope(AwsScope):
    """A zone of DNS."""

    services: ClassVar[tuple[str, ...]] = ("route53",)

    hosted_zone_id: str
