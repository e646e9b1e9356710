"""Zones and records of DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import ESCAPED_STAR, HOSTED_ZONE_PREFIX
from inventory.sources.aws.models.hosted_zone import HostedZone, ResourceRecord
from inventory.sources.aws.scopes import ZoneScope, ZonesScope
from inventory.sources.aws.utils import record_values

if TYPE_CHECKING:
    from inventory.sources.aws.client import AccountReader

zone_row = row(HostedZone)
record_row = row(ResourceRecord)


@collector(HostedZone, scope=ZonesScope)
def collect_hosted_zones(account: AccountReader) -> Iterator[Row[HostedZone]]:
    """Read the zones of an account with `route53:ListHostedZones`."""
    for zone in account.items("route53", "ListHostedZones", "HostedZones", key="Id"):
        config = zone.get("Config", {})
        yield zone_row(
            account_id=account.account_id,
            hosted_zone_id=zone["Id"].removeprefix(HOSTED_ZONE_PREFIX),
            name=zone.get("Name") or None,
            description=zone.get("LinkedService", {}).get("Description") or None,
            caller_reference=zone.get("CallerReference") or None,
            comment=config.get("Comment") or None,
            is_private=config.get("PrivateZone"),
            resource_record_set_count=zone.get("ResourceRecordSetCount"),
        )


@collector(ResourceRecord, scope=ZoneScope)
def collect_dns_records(zone: AccountReader) -> Iterator[Row[ResourceRecord]]:
    """Read the records of a zone with `route53:ListResourceRecordSets`, one row for each value."""
    for record in zone.items(
        "route53",
        "ListResourceRecordSets",
        "ResourceRecordSets",
        key="Name",
        HostedZoneId=zone.hosted_zone_id,
    ):
        name, alias = record["Name"], record.get("AliasTarget")
        if name.startswith(ESCAPED_STAR):
            name = "*" + name.removeprefix(ESCAPED_STAR)
        for value in record_values(record):
            yield record_row(
                account_id=zone.account_id,
                hosted_zone_id=zone.hosted_zone_id,
                name=name,
                type=record["Type"],
                set_identifier=record.get("SetIdentifier") or "",
                value=value,
                is_alias=alias is not None,
                ttl=record.get("TTL"),
                evaluate_health=alias.get("EvaluateTargetHealth", False) if alias else None,
            )
