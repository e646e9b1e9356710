"""What Gardener writes into DNS: records of shoots' own names, and entries that services asked for."""

from __future__ import annotations

from inventory.core.columns import Int32, Key
from inventory.sources.gardener.models.base import KubernetesObject


class DnsValue(KubernetesObject):
    """One value of a name in DNS."""

    seed_name: Key[str]
    """The seed that it was read from; `++garden++` for the garden itself."""
    namespace: Key[str]
    """`metadata.namespace`: in a seed the technical id of its shoot, for most."""
    name: Key[str]
    """`metadata.name`."""
    value: Key[str]
    """One of the values: an address, a name or a text."""
    fqdn: str | None = None
    """The name in DNS, without a dot at its end."""
    ttl: Int32 | None = None
    """`spec.ttl`, in seconds."""
    dns_zone: str | None = None
    """The zone that it is written to, as the provider calls it."""
    provider_type: str | None = None
    """Who serves the zone: `aws-route53`, `google-clouddns`, `remote` and others."""


class DnsRecord(DnsValue, table=True):
    """A value of a DNSRecord: names of shoots and seeds that Gardener itself needs."""

    record_type: str | None = None
    """`spec.recordType`: `A`, `AAAA`, `CNAME` or `TXT`."""
    region: str | None = None
    """`spec.region`."""


class DnsEntry(DnsValue, table=True):
    """A value of a DNSEntry: names that services and ingresses asked for."""

    provider: str | None = None
    """`status.provider`: the DNSProvider that serves it."""
