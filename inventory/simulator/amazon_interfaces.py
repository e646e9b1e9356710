"""The network interfaces of a shoot: of its instances, NAT gateways and load balancers."""

from __future__ import annotations

from hashlib import blake2b

from inventory.simulator.amazon_rows import Association, Interface
from inventory.simulator.flags import BASTION_MACHINE, FORMER_MACHINE, LEAKED
from inventory.simulator.slots import Slot


def balancer_name(slot: Slot, number: int) -> str:
    """A load balancer of a Service, named after the Service's uid."""
    digits = slot.hex[number : number + 31]
    return f"a{digits}"


def balancer_id(slot: Slot, number: int) -> str:
    return slot.hex[70 + number : 86 + number]


def elastic_ip(digits: str) -> str:
    octets = ".".join(str(int(digits[k : k + 2], 16)) for k in (50, 52, 54))
    return f"52.{octets}"


def interface(slot: Slot, position: int) -> Interface:
    """The interfaces of instances first, then NAT gateways, then load balancers per zone."""
    attached = [number for number in slot.instance_numbers if number != FORMER_MACHINE]
    if position < len(attached):
        return _instance_interface(slot, attached[position])
    kind, number = divmod(position - len(attached), len(slot.zones))
    return _service_interface(slot, kind, number)[0]


def nat_interface(slot: Slot, number: int) -> tuple[Interface, Association]:
    return _service_interface(slot, 0, number)


def _service_interface(slot: Slot, kind: int, number: int) -> tuple[Interface, Association]:
    zone = slot.zones[number]
    account, region = slot.place.account, slot.place.region
    digits = blake2b(f"{zone.hex} {kind}".encode(), digest_size=32).hexdigest()
    public_ip = elastic_ip(digits)
    public = Association(
        public_ip,
        f"ec2-{public_ip.replace('.', '-')}.{_public_domain(region)}",
        account if kind == 0 else "amazon-elb",
        f"eipassoc-0{digits[32:48]}" if kind == 0 else None,
        f"eipalloc-0{digits[16:32]}" if kind == 0 else None,
    )
    if kind == 0:
        description = f"Interface for NAT Gateway nat-0{zone.hex[48:64]}"
    elif kind == 1:
        description = f"ELB {balancer_name(slot, 0)}"
    else:
        name = balancer_name(slot, kind)
        description = f"ELB net/{name}/{balancer_id(slot, kind)}"
    made = Interface(
        f"eni-0{digits[0:16]}",
        slot.vpc_id,
        zone.public_subnet,
        zone.name,
        description,
        ("nat_gateway", "interface", "network_load_balancer")[min(kind, 2)],
        mac(digits[40:50]),
        f"10.250.{112 + 4 * number}.{20 + kind}",
        None,
        account if kind == 0 else "amazon-elb",
        kind == 1,
        "in-use",
        f"eni-attach-0{digits[6:22]}" if kind != 0 or slot.state != LEAKED else None,
        None,
        public,
        f"sg-0{slot.hex[16:32]}",
    )
    return made, public


def _instance_interface(slot: Slot, number: int) -> Interface:
    machine = slot.machine(number)
    zone = slot.zones[machine.zone]
    x = machine.hex
    public: Association | None = None
    if number == BASTION_MACHINE:
        public = Association(slot.bastion_address, bastion_hostname(slot), "amazon", None, None)
    elif x[126] == "0":
        ip = f"3.{int(x[100:102], 16)}.{int(x[102:104], 16)}.{int(x[104:106], 16)}"
        domain = _public_domain(slot.place.region)
        public = Association(ip, f"ec2-{ip.replace('.', '-')}.{domain}", "amazon", None, None)
    return Interface(
        f"eni-0{x[16:32]}",
        slot.vpc_id,
        zone.nodes_subnet,
        zone.name,
        "" if x[125] != "0" else "Primary network interface",
        "interface",
        mac(x[64:74]),
        machine.address,
        machine.node if x[125] != "1" else None,
        None,
        False,
        "in-use",
        f"eni-attach-0{x[32:48]}",
        machine.instance_id,
        public,
        f"sg-0{slot.hex[16:32]}",
    )


def bastion_hostname(slot: Slot) -> str:
    domain = _public_domain(slot.place.region)
    return f"ec2-{slot.bastion_address.replace('.', '-')}.{domain}"


def mac(digits: str) -> str:
    return "02:" + ":".join(digits[k : k + 2] for k in range(0, 10, 2))


def _public_domain(region: str) -> str:
    return "compute-1.amazonaws.com" if region == "us-east-1" else f"{region}.compute.amazonaws.com"
