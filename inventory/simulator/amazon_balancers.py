"""The load balancers of a shoot's Services: the first is a classic one, further ones are network ones."""

from __future__ import annotations

from inventory.simulator.amazon_interfaces import balancer_id, balancer_name
from inventory.simulator.amazon_rows import Balancer, Classic
from inventory.simulator.sizes import traits
from inventory.simulator.slots import Slot

CLASSIC_ZONES = {
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "eu-south-1": "Z3ULH7SSC9OV64",
}
NETWORK_ZONES = {
    "eu-central-1": "Z3F0SRJ5LGBH90",
    "eu-west-1": "Z2IFOLAFXWLO4F",
    "us-east-1": "Z26RNL4JYFTOTI",
    "eu-south-1": "Z23146JA1KNAFP",
}


def classic(slot: Slot) -> list[Classic]:
    if not traits(slot.landscape, slot.index).exposed:
        return []
    region, name = slot.place.region, balancer_name(slot, 0)
    return [
        Classic(
            name,
            f"{name}-{int(slot.hex[0:8], 16)}.{region}.elb.amazonaws.com",
            CLASSIC_ZONES[region],
            "internet-facing",
            slot.vpc_id,
            tuple(zone.public_subnet for zone in slot.zones),
            tuple(zone.name for zone in slot.zones),
            f"{slot.created_at[:-1]}.180Z",
        )
    ]


def balancers(slot: Slot) -> list[Balancer]:
    region, found = slot.place.region, []
    for kind in range(2, traits(slot.landscape, slot.index).exposed + 1):
        name, identifier = balancer_name(slot, kind), balancer_id(slot, kind)
        found.append(
            Balancer(
                name,
                identifier,
                "network",
                f"{name}-{identifier}.elb.{region}.amazonaws.com",
                NETWORK_ZONES[region],
                "internet-facing",
                "active" if slot.hex[60] != "0" else "provisioning",
                slot.vpc_id,
                tuple(zone.public_subnet for zone in slot.zones),
                tuple(zone.name for zone in slot.zones),
                f"{slot.created_at[:-1]}.180Z",
            )
        )
    return found
