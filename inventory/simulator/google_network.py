"""The network of a shoot on Google Cloud, and the load balancers of its Services."""

from __future__ import annotations

from inventory.simulator.amazon_interfaces import balancer_name
from inventory.simulator.flags import LEAKED, LIVE, PAIRED, STALE, STALE_MACHINE, UNBORN
from inventory.simulator.google_urls import Item, Placed, of_slot, url
from inventory.simulator.sizes import traits
from inventory.simulator.slots import Slot
from inventory.simulator.zones import rule_address


def network(slot: Slot) -> Item:
    found = of_slot(slot, "network", "global", "networks", slot.network, "network")
    found |= {
        "autoCreateSubnetworks": False,
        "mtu": 1460,
        "routingConfig": {"routingMode": "REGIONAL"},
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
    }
    if slot.flags & PAIRED:
        found["description"] = "of a shoot"
        found["firewallPolicy"] = url(slot.place.account, "global/firewallPolicies/strict")
    return found


def networks(slot: Slot) -> list[Placed]:
    return [("global", network(slot))]


def subnetworks(slot: Slot) -> list[Placed]:
    """Those that Gardener makes, in a user's network as well."""
    if traits(slot.landscape, slot.index).bare:
        return []
    project, scope = slot.place.account, f"regions/{slot.place.region}"
    names = ["nodes", "internal"] if slot.flags & PAIRED else ["nodes"]
    found = []
    for number, suffix in enumerate(names):
        name = f"{slot.technical_id}-{suffix}"
        subnet = of_slot(slot, "subnetwork", scope, "subnetworks", name, f"subnet {suffix}")
        subnet |= {
            "network": url(project, "global/networks", slot.network),
            "ipCidrRange": f"10.250.{number * 128}.0/17",
            "gatewayAddress": f"10.250.{number * 128}.1",
            "purpose": "PRIVATE",
            "privateIpGoogleAccess": False,
            "stackType": "IPV4_ONLY",
        }
        found.append((scope, subnet))
    return found


def addresses(slot: Slot) -> list[Placed]:
    """The address that a shoot's traffic leaves from; of a leaked one it is still reserved."""
    if traits(slot.landscape, slot.index).bare or not slot.flags & PAIRED:
        return []
    project, scope = slot.place.account, f"regions/{slot.place.region}"
    name = f"{slot.technical_id}-egress"
    found = of_slot(slot, "address", scope, "addresses", name, "address")
    octets = int(found["id"]) % 2**16
    found |= {
        "address": f"34.{128 + octets % 64}.{octets >> 8}.{octets & 255}",
        "addressType": "EXTERNAL",
        "networkTier": "PREMIUM",
        "status": "RESERVED",
    }
    if slot.state == LIVE:
        found["status"] = "IN_USE"
        found["users"] = [url(project, scope, "routers", f"{slot.technical_id}-cloud-router")]
    return [(scope, found)]


def rules(slot: Slot) -> list[Placed]:
    """The first for everybody, through a target pool; the second inside, through a backend service."""
    project, region = slot.place.account, slot.place.region
    scope = f"regions/{region}"
    found = []
    for number in range(slot.landscape.measure("gcp:rules", slot.index)):
        name = balancer_name(slot, number)
        rule = of_slot(slot, "forwardingRule", scope, "forwardingRules", name, f"rule {number}")
        rule |= {
            "description": '{"kubernetes.io/service-name":"default/web"}',
            "IPProtocol": "TCP",
            "networkTier": "PREMIUM",
            "fingerprint": "x",
            "labelFingerprint": "x",
        }
        if number == 0:
            rule |= {
                "IPAddress": rule_address(slot, 0),
                "portRange": "443-443",
                "loadBalancingScheme": "EXTERNAL",
                "target": url(project, scope, "targetPools", name),
            }
        else:
            subnet = f"{slot.technical_id}-nodes"
            rule |= {
                "IPAddress": "10.250.3.200",
                "ports": ["80", "443"],
                "loadBalancingScheme": "INTERNAL",
                "backendService": url(project, scope, "backendServices", name),
                "network": url(project, "global/networks", slot.network),
                "subnetwork": url(project, scope, "subnetworks", subnet),
                "allowGlobalAccess": True,
                "serviceLabel": "web",
                "serviceName": f"web.{name}.il4.{region}.lb.{project}.internal",
            }
        found.append((scope, rule))
    return found


def members(slot: Slot) -> list[tuple[str, str]]:
    """The zone and name of what a target pool says is in it.

    Members outlive their instances: those of a hibernated shoot on purpose, others by mistake.
    """
    if slot.state == LEAKED:
        numbers = [*range(1 if slot.landscape.left[slot.index] else 0), STALE_MACHINE]
        if not slot.instance_numbers:
            numbers = [0, STALE_MACHINE]
    elif slot.machine_count:
        numbers = list(range(slot.machine_count - (1 if slot.flags & UNBORN else 0)))
        if slot.flags & STALE:
            numbers.append(STALE_MACHINE)
    else:
        numbers = list(range(min(3, slot.landscape.machines[slot.index])))
    machines = (slot.machine(number) for number in numbers)
    return [(slot.zones[machine.zone].name, machine.name) for machine in machines]


def pools(slot: Slot) -> list[Placed]:
    if not slot.landscape.measure("gcp:pools", slot.index):
        return []
    project, scope = slot.place.account, f"regions/{slot.place.region}"
    name = balancer_name(slot, 0)
    found = of_slot(slot, "targetPool", scope, "targetPools", name, "pool")
    found |= {
        "description": '{"kubernetes.io/service-name":"default/web"}',
        "sessionAffinity": "NONE" if slot.digest[60] & 1 else "CLIENT_IP",
        "instances": [
            url(project, "zones", zone, "instances", machine) for zone, machine in members(slot)
        ],
    }
    return [(scope, found)]
