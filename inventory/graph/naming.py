"""Every GraphQL name. A clash is mended here and nowhere else."""

from __future__ import annotations

import re

from inventory.core.link import Link
from inventory.core.model import Model
from inventory.core.names import snake

IRREGULAR: dict[str, str] = {}
"""Plurals that the rules below would get wrong."""


def camel(name: str) -> str:
    """`is_default` → `isDefault`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def pascal(name: str) -> str:
    """`collect_vpcs` → `CollectVpcs`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]", name))


def lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def plural(noun: str) -> str:
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if re.search(r"(s|x|ch|sh)$", noun):
        return noun + "es"
    return noun + "s"


def object_type(model: type[Model]) -> str:
    """`AwsVpc`."""
    return f"{model.source.label}{model.__name__}"


def root_many(model: type[Model]) -> str:
    """`awsVpcs`."""
    return lower_first(plural(object_type(model)))


def root_one(model: type[Model]) -> str:
    """`awsVpc`."""
    return lower_first(object_type(model))


def edge(link: Link, here: type[Model], there: type[Model], role: str | None, *, one: bool) -> str:
    """The field that leads from one end of a link to the other.

    Named by the role of the far end: `region`, `vpcs`; across sources with the source's label,
    `gardenerShoots`.
    """
    noun = pascal(role) if role else there.__name__
    if here.source.key != there.source.key:
        noun = there.source.label + noun
    return lower_first(noun if one else plural(noun))


def edge_prefix(model: type[Model], field: str) -> str:
    """What the types of a relation begin with: `AwsVpcSubnets`."""
    return object_type(model) + pascal(field)


def mutation(task: str) -> str:
    """`aws:task:collect-vpcs` → `awsCollectVpcs`; the source's label stands first."""
    source, _, verb = task.split(":")
    return lower_first(pascal(source) + pascal(verb))


def mutation_type(label: str, task: str) -> str:
    """`AwsCollectVpcs`, to which `Input` and `Payload` are added."""
    return label + pascal(task.split(":")[2])


def python(name: str) -> str:
    """A Python identifier for a GraphQL name: `in` → `in_`."""
    return f"{snake(name)}_"
