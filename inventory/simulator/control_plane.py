"""What a seed holds besides Machines: persistent volumes, DNS records and entries, bastions."""

from __future__ import annotations

from collections.abc import Callable

from inventory.simulator.amazon_interfaces import bastion_hostname
from inventory.simulator.garden_meta import meta
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import Object, uid
from inventory.simulator.names import GCP_ZONES
from inventory.simulator.slots import Slot
from inventory.simulator.zones import (
    EXTERNAL,
    INTERNAL,
    app_addresses,
    host_name,
    ingress_endpoint,
    zone_id,
)

EXTENSIONS = "extensions.gardener.cloud/v1alpha1"
DNS = "dns.gardener.cloud/v1alpha1"


def persistent_volumes(slot: Slot) -> list[Object]:
    """Of the shoot's control plane: the first through CSI, the second the old way."""
    landscape = slot.landscape
    found = []
    for number in range(landscape.measure("seed:pvs", slot.index)):
        digits = slot.digits(f"pv {number}")
        spec: Object = {
            "capacity": {"storage": ("25Gi", "100Gi")[number]},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": ("gardener.cloud-fast", "default")[number],
            "claimRef": {"namespace": slot.technical_id, "name": f"main-etcd-etcd-main-{number}"},
        }
        spec |= _source(landscape, slot.seed, digits, number)
        if number == 0:
            spec["volumeMode"] = "Filesystem"
        name = f"pv-{uid(digits[32:])}"
        found.append(_persistent_volume(name, digits, spec))
    return found


def disk_name(digits: str) -> str:
    """Google Cloud knows the disk of a persistent volume by the volume's name."""
    return f"pv-{uid(digits[32:])}"


def _source(landscape: Landscape, seed: int, digits: str, number: int) -> Object:
    provider = landscape.seed_provider(seed)
    if provider == "aws":
        host = landscape.slot(landscape.first_garden_slot + seed)
        volume = f"vol-0{digits[0:16]}"
        if number == 0:
            return {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume, "fsType": "ext4"}}
        zone = host.zones[host.machine(0).zone].name
        return {"awsElasticBlockStore": {"volumeID": f"aws://{zone}/{volume}", "fsType": "ext4"}}
    project, zone = seed_zone(landscape, seed)
    if number == 0:
        handle = f"projects/{project}/zones/{zone}/disks/{disk_name(digits)}"
        return {"csi": {"driver": "pd.csi.storage.gke.io", "volumeHandle": handle}}
    return {"gcePersistentDisk": {"pdName": disk_name(digits), "fsType": "ext4"}}


def seed_zone(landscape: Landscape, seed: int) -> tuple[str, str]:
    """The project and zone where the disks of a seed on Google Cloud are."""
    if landscape.is_managed(seed):
        host = landscape.slot(landscape.first_garden_slot + seed)
        return host.place.account, host.zones[host.machine(0).zone].name
    region, letters = next(iter(GCP_ZONES.items()))
    return landscape.projects[0], f"{region}-{letters[0]}"


def _persistent_volume(name: str, digits: str, spec: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": meta(name, digits),
        "spec": spec,
        "status": {"phase": "Bound" if digits[50] != "0" else "Released"},
    }


def fixed_persistent_volumes(landscape: Landscape, seed: int) -> list[Object]:
    """Volumes of other kinds, which every seed has some of, and one of no kind that anybody knows."""
    sources: tuple[Object, ...] = (
        {"local": {"path": "/mnt/disks/ssd0"}},
        {"nfs": {"server": "10.1.2.3", "path": "/exports"}},
        {"hostPath": {"path": "/var/lib/thing"}},
        {"azureDisk": {"diskName": "old-disk", "diskURI": "/subscriptions/x"}},
        {"iscsi": {"targetPortal": "10.1.2.3:3260", "iqn": "iqn.x", "lun": 0}},
    )
    found = []
    for number, source in enumerate(sources):
        digits = f"{seed:08x}{number:08x}" * 8
        spec: Object = {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], **source}
        if number % 2:
            spec["storageClassName"] = "manual"
        found.append(_persistent_volume(f"static-{next(iter(source)).lower()}", digits, spec))
    return found


def dns_records(slot: Slot) -> list[Object]:
    """The names of the API server: inside the landscape, and for the shoot's owners."""
    landscape = slot.landscape
    kind, value = ingress_endpoint(landscape, slot.seed)
    google = slot.provider == "gcp"
    found = []
    for purpose, domain in (("internal", INTERNAL), ("external", EXTERNAL)):
        spec: Object = {
            "type": "google-clouddns" if google and purpose == "external" else "aws-route53",
            "secretRef": {"name": f"dnsrecord-{purpose}", "namespace": slot.technical_id},
            "name": host_name(slot, "api", domain),
            "recordType": kind,
            # Some gardenlets write an address twice.
            "values": [value, value] if kind == "A" else [value],
        }
        status: Object = {"lastOperation": {"type": "Reconcile", "state": "Succeeded"}}
        if purpose == "internal":
            spec["ttl"] = 120
            spec["region"] = slot.place.region
            status["zone"] = zone_id(landscape, INTERNAL)
        elif not google:
            spec["zone"] = zone_id(landscape, EXTERNAL)
        name = f"{slot.name}-{purpose}"
        found.append(_dns_record(name, slot.technical_id, slot.digits(purpose), spec, status))
    return found


def _dns_record(name: str, namespace: str, digits: str, spec: Object, status: Object) -> Object:
    return {
        "apiVersion": EXTENSIONS,
        "kind": "DNSRecord",
        "metadata": {**meta(name, digits), "namespace": namespace},
        "spec": spec,
        "status": status,
    }


def seed_dns_record(landscape: Landscape, seed: int) -> Object:
    """The wildcard of the seed's ingress."""
    kind, value = ingress_endpoint(landscape, seed)
    name = landscape.seed_name(seed)
    spec = {
        "type": "aws-route53",
        "secretRef": {"name": "dnsrecord-ingress", "namespace": "garden"},
        "name": f"*.ingress.{name}.{EXTERNAL}",
        "recordType": kind,
        "values": [value],
    }
    return _dns_record("seed-ingress", "garden", f"{seed:08x}" * 16, spec, {})


def dns_entries(slot: Slot) -> list[Object]:
    """The name of an application in the shoot."""
    if not slot.landscape.measure("seed:dnsentries", slot.index):
        return []
    google = slot.provider == "gcp"
    targets = list(app_addresses(slot))
    name, namespace = f"app-{slot.name}", slot.technical_id
    host = host_name(slot, "app", EXTERNAL)
    return [
        _dns_entry(
            name,
            namespace,
            slot.digits("entry"),
            {"dnsName": host, "targets": targets, "ttl": 300},
            "google-clouddns" if google else "aws-route53",
            None if google else zone_id(slot.landscape, EXTERNAL),
        )
    ]


def _dns_entry(
    name: str, namespace: str, digits: str, spec: Object, provider: str, zone: str | None
) -> Object:
    status: Object = {"providerType": provider, "provider": f"{namespace}/{provider}"}
    if zone:
        status |= {"zone": zone, "state": "Ready"}
    return {
        "apiVersion": DNS,
        "kind": "DNSEntry",
        "metadata": {**meta(name, digits), "namespace": namespace},
        "spec": spec,
        "status": status,
    }


def garden_dns_entries(landscape: Landscape) -> list[Object]:
    """Entries of the garden, where targets repeat, texts come instead of targets, and some have a policy."""
    zone = zone_id(landscape, EXTERNAL)
    specs: dict[str, Object] = {
        "dashboard": {"targets": ["52.1.2.3", "52.1.2.4", "52.1.2.3"]},
        "info": {"text": ["garden=live", "garden=live"], "ttl": 300},
        "both": {"targets": ["52.1.2.5"], "text": ["owner=platform"]},
        "pending": {"targets": ["52.1.2.6"]},
    }
    for identifier, weight in (("a", "10"), ("b", "90")):
        policy = {"type": "weighted", "setIdentifier": identifier, "parameters": {"weight": weight}}
        specs[f"blue-{identifier}"] = {
            "targets": [f"{identifier}.example.com"],
            "routingPolicy": policy,
        }
    found = []
    for number, (name, spec) in enumerate(specs.items()):
        host = f"{name.partition('-')[0]}.{EXTERNAL}"
        entry = {"dnsName": host, **spec}
        digits = f"{number:08x}" * 16
        found.append(_dns_entry(name, "garden", digits, entry, "aws-route53", zone))
        if name == "pending":
            del found[-1]["status"]
    return found


def bastions(slot: Slot) -> list[Object]:
    """A bastion that runs, and in some shoots one whose instance is still to come."""
    if not slot.landscape.measure("seed:bastions", slot.index):
        return []
    running = _bastion(slot, slot.bastion_name)
    ingress: Object = {"ip": slot.bastion_address}
    if slot.has_hostname_bastion:
        ingress = {"hostname": bastion_hostname(slot)}
    running["status"] = {"ingress": ingress, "lastOperation": {"state": "Succeeded"}}
    return [running]


def _bastion(slot: Slot, name: str) -> Object:
    return {
        "apiVersion": EXTENSIONS,
        "kind": "Bastion",
        "metadata": {**meta(name, slot.digits(name)), "namespace": slot.technical_id},
        "spec": {
            "type": slot.provider,
            "ingress": [{"ipBlock": {"cidr": "203.0.113.7/32"}}],
            "userData": "",
        },
    }


def pending_bastion() -> Object:
    """One without an address yet, in the namespace of no shoot any more."""
    return {
        "apiVersion": EXTENSIONS,
        "kind": "Bastion",
        "metadata": {**meta("pending", "0" * 128), "namespace": "shoot--gone--away"},
        "spec": {"type": "aws", "ingress": []},
    }


OF_SLOTS: dict[str, Callable[[Slot], list[Object]]] = {
    "pvs": persistent_volumes,
    "dnsrecords": dns_records,
    "dnsentries": dns_entries,
    "bastions": bastions,
}
