"""Route 53: hosted zones and their record sets, paged by the name that the next page begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from inventory.simulator.wire.aws_paging import Refused
from inventory.simulator.zones import HostedZones, RecordSet, Zone

ROUTE53 = "https://route53.amazonaws.com/doc/2013-04-01/"
PATH = re.compile(r"/2013-04-01/hostedzone(?:/(?P<zone>[A-Z0-9]+)/rrset)?/?")
LIMIT = 300
ALIAS_ZONE = "Z215JYRZR1TBD5"


def action(path: str) -> str:
    found = PATH.fullmatch(path)
    if found is None:
        return "?"
    return "ListResourceRecordSets" if found["zone"] else "ListHostedZones"


def respond(zones: HostedZones, account: str, path: str, query: Mapping[str, str]) -> str:
    found = PATH.fullmatch(path)
    if found is None:
        raise Refused(400, "InvalidInput", f"The simulator does not know {path}")
    size = query.get("maxitems", str(LIMIT))
    limit = min(int(size), LIMIT) if size.isdecimal() else 0
    if limit < 1:
        raise Refused(400, "InvalidInput", "maxitems must be a number of at least 1")
    if found["zone"] is None:
        return _zones(zones, account, query.get("marker"), limit)
    zone = next((zone for zone in zones.of(account) if zone.identifier == found["zone"]), None)
    if zone is None:
        raise Refused(404, "NoSuchHostedZone", f"No hosted zone found with ID: {found['zone']}")
    return _records(zones, zone, query, limit)


def _answer(action: str, body: str) -> str:
    return f'<?xml version="1.0"?>\n<{action}Response xmlns="{ROUTE53}">{body}</{action}Response>'


def _zones(zones: HostedZones, account: str, marker: str | None, limit: int) -> str:
    found = zones.of(account)
    if marker:
        identifiers = [zone.identifier for zone in found]
        if marker not in identifiers:
            raise Refused(400, "NoSuchHostedZone", f"The marker {marker} does not exist")
        found = found[identifiers.index(marker) :]
    items = "".join(_zone(zone, zones.total(zone)) for zone in found[:limit])
    more = len(found) > limit
    following = f"<NextMarker>{found[limit].identifier}</NextMarker>" if more else ""
    return _answer(
        "ListHostedZones",
        f"<HostedZones>{items}</HostedZones><Marker>{marker or ''}</Marker>"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{following}"
        f"<MaxItems>{limit}</MaxItems>",
    )


def _zone(zone: Zone, records: int) -> str:
    comment = f"<Comment>{zone.comment}</Comment>" if zone.comment else ""
    linked = ""
    if zone.linked:
        linked = (
            "<LinkedService><ServicePrincipal>route53resolver.amazonaws.com</ServicePrincipal>"
            f"<Description>{zone.linked}</Description></LinkedService>"
        )
    return (
        f"<HostedZone><Id>/hostedzone/{zone.identifier}</Id><Name>{zone.name}</Name>"
        f"<CallerReference>terraform-{zone.identifier[2:10]}</CallerReference><Config>{comment}"
        f"<PrivateZone>{'true' if zone.is_private else 'false'}</PrivateZone></Config>"
        f"<ResourceRecordSetCount>{records}</ResourceRecordSetCount>{linked}</HostedZone>"
    )


def _records(zones: HostedZones, zone: Zone, query: Mapping[str, str], limit: int) -> str:
    offset = 0
    if name := query.get("name"):
        if "type" not in query and "identifier" in query:
            raise Refused(400, "InvalidInput", "an identifier needs a type")
        offset = zones.position(zone, name, query.get("type", ""), query.get("identifier"))
    found = list(zones.page(zone, offset, limit + 1))
    items = "".join(map(_record, found[:limit]))
    following = ""
    if len(found) > limit:
        start = found[limit]
        following = f"<NextRecordName>{start.name}</NextRecordName><NextRecordType>{start.kind}</NextRecordType>"
        if start.set_identifier:
            following += f"<NextRecordIdentifier>{start.set_identifier}</NextRecordIdentifier>"
    return _answer(
        "ListResourceRecordSets",
        f"<ResourceRecordSets>{items}</ResourceRecordSets>"
        f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>{following}"
        f"<MaxItems>{limit}</MaxItems>",
    )


def _record(record: RecordSet) -> str:
    weighted = ""
    if record.set_identifier:
        weighted = f"<SetIdentifier>{record.set_identifier}</SetIdentifier><Weight>{record.weight}</Weight>"
    if record.alias:
        content = (
            f"<AliasTarget><HostedZoneId>{ALIAS_ZONE}</HostedZoneId><DNSName>{record.alias}</DNSName>"
            "<EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>"
        )
    else:
        values = "".join(
            f"<ResourceRecord><Value>{escape(value)}</Value></ResourceRecord>"
            for value in record.values
        )
        content = f"<TTL>{record.ttl}</TTL><ResourceRecords>{values}</ResourceRecords>"
    return (
        f"<ResourceRecordSet><Name>{record.name}</Name><Type>{record.kind}</Type>{weighted}{content}"
        "</ResourceRecordSet>"
    )
