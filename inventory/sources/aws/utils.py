"""Small readings of AWS's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def tag_map(item: Mapping[str, Any], member: str = "Tags") -> dict[str, str]:
    """The tags of an item by key. A tag without a key is left out, one without a value is empty."""
    return {tag["Key"]: tag.get("Value", "") for tag in item.get(member, ()) if tag.get("Key")}


def ipv6_cidr(item: Mapping[str, Any]) -> str | None:
    """The first IPv6 block that is associated with a VPC or a subnet."""
    for block in item.get("Ipv6CidrBlockAssociationSet", ()):
        state = block.get("Ipv6CidrBlockState", {}).get("State", "associated")
        if state == "associated" and block.get("Ipv6CidrBlock"):
            cidr: str = block["Ipv6CidrBlock"]
            return cidr
    return None


def first(item: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """The first of a list of items; empty if there is none."""
    found: Mapping[str, Any] = next(iter(item.get(member) or ()), {})
    return found


def record_values(record: Mapping[str, Any]) -> list[str]:
    """The values of a record set: the target of an alias, or all of its own."""
    alias = record.get("AliasTarget")
    if alias is not None:
        return [alias.get("DNSName") or ""]
    return [each["Value"] for each in record.get("ResourceRecords") or () if "Value" in each]
