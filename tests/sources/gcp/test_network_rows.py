"""Rows of networks, addresses and load balancers, from whole items."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inventory.errors import BadAnswer
from inventory.sources.gcp.client import GcpClient
from inventory.sources.gcp.constants import (
    ADDRESSES,
    FORWARDING_RULES,
    GLOBAL_ADDRESSES,
    NETWORKS,
    SUBNETWORKS,
    TARGET_POOLS,
)
from inventory.sources.gcp.models.target_pool import TargetPool, TargetPoolInstance
from inventory.sources.gcp.tasks.address import collect_addresses
from inventory.sources.gcp.tasks.forwarding_rule import collect_forwarding_rules
from inventory.sources.gcp.tasks.subnet import collect_subnets
from inventory.sources.gcp.tasks.target_pool import collect_target_pools
from inventory.sources.gcp.tasks.vpc import collect_vpcs
from tests.sources.gcp.google import HERE, LINK, PROJECT, REGION, ZONE, Google, aggregated, listed
from tests.sources.gcp.reading import read, rows


def test_a_network_has_a_number_for_its_largest_packet(cloud: Google, client: GcpClient) -> None:
    """The original kept it as text, with the code point of the number."""
    item = {
        "id": "5",
        "name": "net",
        "mtu": 1460,
        "gatewayIPv4": "10.240.0.1",
        "creationTimestamp": "2024-01-02T03:04:05.678-07:00",
        "description": "ours",
        "firewallPolicy": f"{LINK}/locations/global/firewallPolicies/1",
    }
    cloud.says(NETWORKS.path, listed(item))

    (row,) = rows(client, collect_vpcs, collect_vpcs.models[0])

    assert row == {
        "project_id": PROJECT,
        "vpc_id": 5,
        "name": "net",
        "creation_timestamp": datetime(2024, 1, 2, 10, 4, 5, 678000, tzinfo=UTC),
        "description": "ours",
        "gateway_ipv4": "10.240.0.1",
        "firewall_policy": f"{LINK}/locations/global/firewallPolicies/1",
        "mtu": 1460,
    }


def test_a_subnet_without_a_readable_range_stops_no_other(cloud: Google, client: GcpClient) -> None:
    """The original lost the whole project over a subnet that has IPv6 alone."""
    network = f"{HERE}/global/networks/net"
    items = [
        {"id": "1", "name": "v6", "network": network, "internalIpv6Prefix": "fd20:1::/64"},
        {"id": "2", "name": "odd", "network": network, "ipCidrRange": "of old"},
        {
            "id": "3",
            "name": "v4",
            "network": network,
            "region": f"{HERE}/regions/{REGION}",
            "ipCidrRange": "10.0.0.0/16",
            "gatewayAddress": "10.0.0.1",
            "purpose": "PRIVATE",
            "stackType": "IPV4_IPV6",
            "externalIpv6Prefix": "2600:1900:1::/64",
        },
    ]
    cloud.says(SUBNETWORKS.path, aggregated("subnetworks", {f"regions/{REGION}": items}))

    found = rows(client, collect_subnets, collect_subnets.models[0])

    assert [(row["name"], row["ipv4_cidr_range"], row["ipv6_cidr_range"]) for row in found] == [
        ("v6", None, "fd20:1::/64"),
        ("odd", None, None),
        ("v4", "10.0.0.0/16", "2600:1900:1::/64"),
    ]
    assert (found[2]["gateway"], found[2]["stack_type"]) == ("10.0.0.1", "IPV4_IPV6")


def test_a_global_address_that_both_lists_hold_comes_once(cloud: Google, client: GcpClient) -> None:
    front = {"id": "1", "name": "front", "address": "34.1.1.1", "ipVersion": "IPV4"}
    inside = {
        "id": "2",
        "name": "inside",
        "region": f"{HERE}/regions/{REGION}",
        "network": f"{HERE}/global/networks/net",
        "subnetwork": f"{HERE}/regions/{REGION}/subnetworks/nodes",
        "addressType": "INTERNAL",
        "users": [f"{HERE}/zones/{ZONE}/instances/vm"],
    }
    cloud.says(
        ADDRESSES.path, aggregated("addresses", {"global": [front], f"regions/{REGION}": [inside]})
    )
    cloud.says(GLOBAL_ADDRESSES.path, listed(front | {"prefixLength": 24}))

    found = rows(client, collect_addresses, collect_addresses.models[0])

    # The second has no address yet, which the original could not store.
    shown = ("name", "address", "region", "is_global", "network", "subnetwork", "prefix_length")
    assert [tuple(row[name] for name in shown) for row in found] == [
        ("inside", None, REGION, False, "net", "nodes", None),
        ("front", "34.1.1.1", None, True, None, None, 24),
    ]
    assert found[0]["users"] == [f"{HERE}/zones/{ZONE}/instances/vm"]


def test_a_forwarding_rule_is_read_whole(cloud: Google, client: GcpClient) -> None:
    item = {
        "id": "1",
        "name": "a1",
        "IPAddress": "34.1.1.1",
        "IPProtocol": "TCP",
        "ipVersion": "IPV4",
        "allPorts": True,
        "allowGlobalAccess": False,
        "backendService": f"{HERE}/regions/{REGION}/backendServices/be",
        "baseForwardingRule": f"{HERE}/regions/{REGION}/forwardingRules/base",
        "creationTimestamp": "2024-01-02T03:04:05.678-07:00",
        "description": "{}",
        "loadBalancingScheme": "EXTERNAL",
        "network": f"{LINK}/projects/host/global/networks/shared",
        "networkTier": "PREMIUM",
        "portRange": "443-443",
        "ports": ["80", "443"],
        "serviceLabel": "web",
        "serviceName": "web.a1.il4.europe-west1.lb.dev-1.internal",
        "sourceIpRanges": ["10.0.0.0/8"],
        "subnetwork": f"{LINK}/projects/host/regions/{REGION}/subnetworks/nodes",
        "target": f"{HERE}/regions/{REGION}/targetPools/a1",
        "labels": {"a": "b"},
    }
    cloud.says(FORWARDING_RULES.path, aggregated("forwardingRules", {f"regions/{REGION}": [item]}))

    (row,) = rows(client, collect_forwarding_rules, collect_forwarding_rules.models[0])

    assert row == {
        "project_id": PROJECT,
        "labels": {"a": "b"},
        "rule_id": 1,
        "name": "a1",
        "ip_address": "34.1.1.1",
        "ip_protocol": "TCP",
        "ip_version": "IPV4",
        "all_ports": True,
        "allow_global_access": False,
        "backend_service": "be",
        "base_forwarding_rule": f"{HERE}/regions/{REGION}/forwardingRules/base",
        "creation_timestamp": datetime(2024, 1, 2, 10, 4, 5, 678000, tzinfo=UTC),
        "description": "{}",
        "load_balancing_scheme": "EXTERNAL",
        "network": "shared",
        "network_project_id": "host",
        "network_tier": "PREMIUM",
        "port_range": "443-443",
        "ports": ["80", "443"],
        "region": REGION,
        "service_label": "web",
        "service_name": "web.a1.il4.europe-west1.lb.dev-1.internal",
        "source_ip_ranges": ["10.0.0.0/8"],
        "subnetwork": "nodes",
        "target": f"{HERE}/regions/{REGION}/targetPools/a1",
    }


def test_a_target_pool_knows_its_members_and_how_their_workers_are_called(
    cloud: Google, client: GcpClient
) -> None:
    names = ["shoot--dev--web-worker-z1-5f6c9-x2b7k", "shoot--dev--web-w-z12-5f6c9-x2b7k", "vm"]
    item = {
        "id": "1",
        "name": "a1",
        "description": "{}",
        "backupPool": f"{HERE}/regions/{REGION}/targetPools/b",
        "securityPolicy": f"{HERE}/regions/{REGION}/securityPolicies/p",
        "sessionAffinity": "NONE",
        "creationTimestamp": "2024-01-02T03:04:05.678-07:00",
        "instances": [f"{HERE}/zones/{ZONE}/instances/{name}" for name in names],
    }
    cloud.says(TARGET_POOLS.path, aggregated("targetPools", {f"regions/{REGION}": [item]}))

    (pool,) = rows(client, collect_target_pools, TargetPool)
    members = rows(client, collect_target_pools, TargetPoolInstance)

    assert pool == {
        "project_id": PROJECT,
        "target_pool_id": 1,
        "name": "a1",
        "description": "{}",
        "backup_pool": f"{HERE}/regions/{REGION}/targetPools/b",
        "creation_timestamp": datetime(2024, 1, 2, 10, 4, 5, 678000, tzinfo=UTC),
        "region": REGION,
        "security_policy": f"{HERE}/regions/{REGION}/securityPolicies/p",
        "session_affinity": "NONE",
    }
    assert [(row["instance_name"], row["zone"], row["worker_prefix"]) for row in members] == [
        (names[0], ZONE, "shoot--dev--web-worker"),
        # A tenth zone has two digits, which the original did not know.
        (names[1], ZONE, "shoot--dev--web-w"),
        ("vm", ZONE, None),
    ]


def test_a_member_that_is_no_instance_is_a_bad_answer(cloud: Google, client: GcpClient) -> None:
    item = {"id": "1", "name": "a1", "instances": ["vm"]}
    cloud.says(TARGET_POOLS.path, aggregated("targetPools", {f"regions/{REGION}": [item]}))

    with pytest.raises(BadAnswer, match="'vm' names no instance of a zone"):
        read(client, collect_target_pools)
