"""What Gardener's machines are in AWS: which instance is which machine, whose, and made of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from inventory.core.link import Rule, link
from inventory.nexus.aws_gardener import clusters_of
from inventory.sources.aws.models.image import Image
from inventory.sources.aws.models.instance import Instance
from inventory.sources.aws.models.network_interface import NetworkInterface
from inventory.sources.gardener.models.bastion import Bastion
from inventory.sources.gardener.models.cloud_profile import CloudProfileAwsImage
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.shoot import Shoot

Pairs = Callable[[Any, Any], sa.Select[Any]]


def by_provider_id(instance: Any, machine: Any) -> Any:
    slash: sa.ColumnElement[str] = sa.literal_column("'/'")
    cloud: sa.ColumnElement[str] = sa.literal_column("'aws:///'")
    place = cloud.concat(instance.c.region_name).concat(slash)
    return machine.c.provider_id == place.concat(instance.c.instance_id)


def by_name(instance: Any, machine: Any) -> sa.Select[Any]:
    """Names repeat, so the instance must carry the tag of the machine's shoot."""
    keys, cluster = clusters_of(instance)
    same = sa.and_(machine.c.namespace == cluster, machine.c.name == instance.c.name)
    return (
        sa.select(instance.c.id, machine.c.id)
        .select_from(instance.join(keys, sa.true()).join(machine, same))
        .where(machine.c.provider_id.is_(None))
    )


def machines(instance: Any) -> sa.Subquery:
    """The ids of instances, and the namespaces of the machines that they are; which rule said so."""
    machine = Machine.__table__.alias("machine")
    keys, cluster = clusters_of(instance)
    text = sa.literal_column
    known = sa.select(
        instance.c.id.label("instance_id"), machine.c.namespace, text("'provider_id'").label("rule")
    ).select_from(instance.join(machine, by_provider_id(instance, machine)))
    pending = (
        sa.select(instance.c.id, machine.c.namespace, text("'name'"))
        .select_from(
            instance.join(keys, sa.true()).join(
                machine,
                sa.and_(machine.c.namespace == cluster, machine.c.name == instance.c.name),
            )
        )
        .where(machine.c.provider_id.is_(None))
    )
    return sa.union_all(known, pending).subquery("machines")


def shoot_by_machine(rule: str) -> Pairs:
    """The shoot of the machine that an instance is found to be by a rule."""

    def pairs(instance: Any, shoot: Any) -> sa.Select[Any]:
        found = machines(instance)
        return (
            sa.select(found.c.instance_id, shoot.c.id)
            .select_from(found.join(shoot, shoot.c.technical_id == found.c.namespace))
            .where(found.c.rule == sa.literal_column(f"'{rule}'"))
        )

    return pairs


def allowed_image(instance: Any, image: Any) -> sa.Select[Any]:
    """The image of an instance, among those that its shoot's cloud profile allows in its region."""
    text = sa.literal_column
    found = machines(instance)
    shoot, used = Shoot.__table__.alias("shoot"), Instance.__table__.alias("used")
    kind = sa.func.coalesce(shoot.c.cloud_profile_kind, text("'CloudProfile'"))
    nowhere: sa.ColumnElement[str] = text("''")
    # Distinct, so that nobody joins shoots with all images of their profiles before.
    booted = (
        sa.select(
            used.c.id.label("instance_id"),
            used.c.image_id,
            used.c.region_name,
            shoot.c.cloud_profile,
            kind.label("kind"),
            sa.case((kind == text("'CloudProfile'"), nowhere), else_=shoot.c.namespace).label(
                "namespace"
            ),
        )
        .distinct()
        .select_from(
            found.join(shoot, shoot.c.technical_id == found.c.namespace).join(
                used, used.c.id == found.c.instance_id
            )
        )
        .subquery("booted")
    )
    allowed = sa.and_(
        image.c.ami == booted.c.image_id,
        image.c.region_name == booted.c.region_name,
        image.c.cloud_profile_name == booted.c.cloud_profile,
        image.c.cloud_profile_kind == booted.c.kind,
        image.c.cloud_profile_namespace == booted.c.namespace,
    )
    return sa.select(booted.c.instance_id, image.c.id).select_from(booted.join(image, allowed))


def bastion_by(interface_column: str, bastion_column: str) -> Pairs:
    """The instance with a network interface that a bastion is reached at."""

    def pairs(instance: Any, bastion: Any) -> sa.Select[Any]:
        interface = NetworkInterface.__table__.alias("interface")
        own = sa.and_(
            interface.c.instance_id == instance.c.instance_id,
            interface.c.account_id == instance.c.account_id,
        )
        return (
            sa.select(instance.c.id, bastion.c.id)
            .distinct()
            .select_from(
                bastion.join(
                    interface, interface.c[interface_column] == bastion.c[bastion_column]
                ).join(instance, own)
            )
        )

    return pairs


instance_to_machine = link(
    Instance,
    Machine,
    rules={
        "provider_id": Rule(by_provider_id, a=("region_name", "instance_id"), b=("provider_id",)),
        "name": Rule(by_name, a=("name", "tags"), b=("name", "namespace")),
    },
    # A machine without provider id may find two instances of its name, an instance never two
    # machines: its provider id is one machine's, and so is its name within a shoot.
    one=("b",),
    doc="A machine is an instance of EC2: the one that its provider id names or, until it has "
    "one, the one of its name and shoot.",
)

instance_to_shoot = link(
    Instance,
    Shoot,
    rules={
        "provider_id": Rule(
            shoot_by_machine("provider_id"),
            a=("region_name", "instance_id"),
            b=("technical_id",),
        ),
        "name": Rule(shoot_by_machine("name"), a=("name", "tags"), b=("technical_id",)),
    },
    # An instance is one machine at most.
    one=("b",),
    doc="An instance works for a shoot, which has a machine that it is.",
)

instance_to_allowed_image = link(
    Instance,
    CloudProfileAwsImage,
    on=Rule(allowed_image, a=("image_id", "region_name"), b=("ami", "region_name")),
    doc="An instance of a shoot was started from an image that the shoot's cloud profile allows.",
)

image_to_profile_image = link(
    Image,
    CloudProfileAwsImage,
    on={"image_id": "ami", "region_name": "region_name"},
    doc="A cloud profile allows an image of EC2.",
)

instance_to_bastion = link(
    Instance,
    Bastion,
    rules={
        "ip": Rule(bastion_by("public_ip_address", "ip"), a=("instance_id",), b=("ip",)),
        "hostname": Rule(
            bastion_by("public_dns_name", "hostname"), a=("instance_id",), b=("hostname",)
        ),
    },
    doc="A bastion is the instance that has its address, or its host name.",
)
