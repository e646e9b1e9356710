"""DNS records and DNS entries, one row for each value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.constants import DNS_ENTRIES, DNS_RECORDS
from inventory.sources.gardener.models.dns import DnsEntry, DnsRecord
from inventory.sources.gardener.scopes import ClusterScope, SeedScope
from inventory.sources.gardener.utils import created, part, text, values

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

record_row = row(DnsRecord)
entry_row = row(DnsEntry)


@collector(DnsRecord, scope=SeedScope)
def collect_dns_records(seed: ClusterReader) -> Iterator[Row[DnsRecord]]:
    """Read the DNS records of a seed and its shoots from `dnsrecords`."""
    for record in seed.items(DNS_RECORDS, namespaced=True):
        spec = part(record, "spec")
        for value in values(spec, "values"):
            yield record_row(
                labels=dict(part(record, "metadata", "labels")),
                creation_timestamp=created(record),
                seed_name=seed.seed,
                namespace=record["metadata"]["namespace"],
                name=record["metadata"]["name"],
                value=value,
                fqdn=text(spec, "name"),
                ttl=spec.get("ttl"),
                dns_zone=text(spec, "zone") or text(part(record, "status"), "zone"),
                provider_type=text(spec, "type"),
                record_type=text(spec, "recordType"),
                region=text(spec, "region"),
            )


@collector(DnsEntry, scope=ClusterScope)
def collect_dns_entries(cluster: ClusterReader) -> Iterator[Row[DnsEntry]]:
    """Read the DNS entries of the garden or of a seed from `dnsentries`."""
    for entry in cluster.items(DNS_ENTRIES, namespaced=True):
        spec, status = part(entry, "spec"), part(entry, "status")
        for value in [*values(spec, "targets"), *values(spec, "text")]:
            yield entry_row(
                labels=dict(part(entry, "metadata", "labels")),
                creation_timestamp=created(entry),
                seed_name=cluster.seed,
                namespace=entry["metadata"]["namespace"],
                name=entry["metadata"]["name"],
                value=value,
                fqdn=text(spec, "dnsName"),
                ttl=spec.get("ttl"),
                dns_zone=text(status, "zone"),
                provider_type=text(status, "providerType"),
                provider=text(status, "provider"),
            )
