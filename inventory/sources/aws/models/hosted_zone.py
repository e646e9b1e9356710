"""Zones and records of Route 53."""

from __future__ import annotations

from inventory.core.columns import Int32, Key
from inventory.sources.aws.models.base import AwsResource


class HostedZone(AwsResource, table=True):
    """A zone of Route 53."""

    hub = True

    hosted_zone_id: Key[str]
    """`Id`, without `/hostedzone/` before it."""
    name: str | None = None
    """`Name`, with the dot at its end."""
    description: str | None = None
    """`LinkedService.Description`, where another service made it."""
    caller_reference: str | None = None
    """`CallerReference`: what its maker called the request."""
    comment: str | None = None
    """`Config.Comment`."""
    is_private: bool | None = None
    """`Config.PrivateZone`: whether only VPCs see it."""
    resource_record_set_count: int | None = None
    """`ResourceRecordSetCount`."""


class ResourceRecord(AwsResource, table=True):
    """One value of a record set of Route 53."""

    table_name = "aws_dns_record"

    hosted_zone_id: Key[str]
    """The zone that it is in."""
    name: Key[str]
    """`Name`, with the dot at its end; a leading `\\052` is written `*`."""
    type: Key[str]
    """`Type`: `A`, `AAAA`, `CNAME`, `TXT`, `NS`, `SOA` and others."""
    set_identifier: Key[str] = ""
    """`SetIdentifier` of weighted and similar record sets; empty for others."""
    value: Key[str] = ""
    """One of `ResourceRecords[].Value`, or `AliasTarget.DNSName`."""
    is_alias: bool = False
    """Whether it is an alias of something in AWS."""
    ttl: Int32 | None = None
    """`TTL` in seconds; aliases have none."""
    evaluate_health: bool | None = None
    """`AliasTarget.EvaluateTargetHealth`, for an alias."""
