"""What a project of Google Cloud holds besides shoots: the default network, clusters, and somebody's own."""

from __future__ import annotations

from inventory.simulator.google_clusters import DEV_CLUSTER, SOIL_NODES, soil_node
from inventory.simulator.google_urls import Item, Placed, digest, resource, url
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GCP_ZONES, SOIL
from inventory.simulator.zones import SOIL_ADDRESS

Lists = dict[str, list[Placed]]


class Maker:
    """Makes the resources of one project."""

    def __init__(self, landscape: Landscape, project: str) -> None:
        self.seed, self.project = landscape.seed, project
        self.lists: Lists = {}

    def add(self, kind: str, collection: str, scope: str, name: str, **members: object) -> Item:
        digits = digest(str(self.seed), self.project, scope, collection, name)
        found = resource(kind, self.project, scope, collection, name, digits)
        found |= members
        lists = {"forwardingRules": "rules", "targetPools": "pools"}
        self.lists.setdefault(lists.get(collection, collection), []).append((scope, found))
        return found

    def url(self, *path: str) -> str:
        return url(self.project, *path)

    def network(self, name: str, **members: object) -> str:
        return str(self.add("network", "networks", "global", name, **members)["selfLink"])

    def subnet(self, network: str, region: str, name: str, **members: object) -> str:
        scope = f"regions/{region}"
        found = self.add(
            "subnetwork", "subnetworks", scope, name, network=network, purpose="PRIVATE", **members
        )
        return str(found["selfLink"])

    def machine(
        self, zone: str, name: str, nics: list[Item], image: str = "cos-121", **members: object
    ) -> str:
        """An instance with its boot disk; returns its address in the API."""
        scope = f"zones/{zone}"
        link = self.url(scope, "instances", name)
        self.add(
            "disk",
            "disks",
            scope,
            name,
            sizeGb="20",
            status="READY",
            type=self.url(scope, "diskTypes", "pd-standard"),
            sourceImage=f"https://www.googleapis.com/compute/v1/projects/cos-cloud/global/images/{image}",
            users=[link],
        )
        boot = {
            "boot": True,
            "index": 0,
            "deviceName": "boot",
            "source": self.url(scope, "disks", name),
        }
        self.add(
            "instance",
            "instances",
            scope,
            name,
            machineType=self.url(scope, "machineTypes", "e2-medium"),
            status="RUNNING",
            disks=[boot],
            networkInterfaces=[{"name": f"nic{n}", **nic} for n, nic in enumerate(nics)],
            **members,
        )
        return link


def fixed(landscape: Landscape, project: str) -> Lists:
    """By list, in the order of the listing."""
    make = Maker(landscape, project)
    default = make.network("default", autoCreateSubnetworks=True, mtu=1460, description="Default")
    subnets = {
        region: make.subnet(
            default,
            region,
            "default",
            ipCidrRange=f"10.{128 + 4 * n}.0.0/20",
            gatewayAddress=f"10.{128 + 4 * n}.0.1",
        )
        for n, region in enumerate(GCP_ZONES)
    }
    number = landscape.projects.index(project)
    (_soil, _dev, _shared)[number](make, default, subnets)
    return make.lists


def _soil(make: Maker, default: str, subnets: dict[str, str]) -> None:
    """The cluster that is a seed, with its ingress, and a web site with an address everywhere."""
    region = next(iter(GCP_ZONES))
    scope = f"regions/{region}"
    network = make.network(f"{SOIL}-net", autoCreateSubnetworks=False, mtu=1460)
    subnet = make.subnet(
        network, region, f"{SOIL}-nodes", ipCidrRange="10.8.0.0/20", gatewayAddress="10.8.0.1"
    )
    for number in range(SOIL_NODES):
        zone, name = soil_node(number)
        nic = {
            "network": network,
            "subnetwork": subnet,
            "networkIP": f"10.8.0.{10 + number}",
            "stackType": "IPV4_ONLY",
        }
        labels = {
            "goog-k8s-cluster-name": SOIL,
            "goog-k8s-cluster-location": region,
            "goog-k8s-node-pool-name": "pool-1",
        }
        make.machine(zone, name, [nic], labels=labels)
    ingress = make.url(scope, "forwardingRules", f"{SOIL}-ingress")
    make.add(
        "address",
        "addresses",
        scope,
        f"{SOIL}-ingress-ip",
        address=SOIL_ADDRESS,
        addressType="EXTERNAL",
        networkTier="PREMIUM",
        status="IN_USE",
        users=[ingress],
    )
    make.add(
        "forwardingRule",
        "forwardingRules",
        scope,
        f"{SOIL}-ingress",
        IPAddress=SOIL_ADDRESS,
        IPProtocol="TCP",
        loadBalancingScheme="EXTERNAL",
        portRange="443-443",
        backendService=make.url(scope, "backendServices", f"{SOIL}-ingress"),
        networkTier="PREMIUM",
    )
    website = make.url("global", "forwardingRules", "www")
    make.add(
        "address",
        "addresses",
        "global",
        "www-ip",
        address="34.107.1.1",
        addressType="EXTERNAL",
        ipVersion="IPV4",
        status="IN_USE",
        users=[website],
    )
    make.add(
        "address",
        "addresses",
        "global",
        "old-www-ip",
        address="34.107.1.2",
        addressType="EXTERNAL",
        ipVersion="IPV4",
        status="RESERVED",
    )
    make.add(
        "forwardingRule",
        "forwardingRules",
        "global",
        "www",
        IPAddress="34.107.1.1",
        IPProtocol="TCP",
        ipVersion="IPV4",
        portRange="443-443",
        loadBalancingScheme="EXTERNAL_MANAGED",
        networkTier="PREMIUM",
        target=make.url("global", "targetHttpsProxies", "www"),
    )


def _dev(make: Maker, default: str, subnets: dict[str, str]) -> None:
    """A zonal cluster that is no seed, in the default network."""
    zone = "europe-west3-a"
    nic = {
        "network": default,
        "subnetwork": subnets["europe-west3"],
        "networkIP": "10.132.0.9",
        "accessConfigs": [
            {"type": "ONE_TO_ONE_NAT", "name": "external-nat", "natIP": "35.198.9.9"}
        ],
    }
    labels = {
        "goog-k8s-cluster-name": DEV_CLUSTER,
        "goog-k8s-cluster-location": zone,
        "goog-k8s-node-pool-name": "default-pool",
    }
    make.machine(zone, f"gke-{DEV_CLUSTER}-default-pool-0a0b0c0d-zz99", [nic], labels=labels)


def _shared(make: Maker, default: str, subnets: dict[str, str]) -> None:
    """The network team's network, with what belongs there and what was forgotten there."""
    region, zone = "europe-west1", "europe-west1-b"
    scope = f"regions/{region}"
    network = make.network("shared-services", autoCreateSubnetworks=False, mtu=8896)
    subnet = make.subnet(
        network, region, "shared", ipCidrRange="10.0.0.0/20", gatewayAddress="10.0.0.1"
    )
    make.subnet(network, region, "six", stackType="IPV6_ONLY", ipv6CidrRange="2600:1900:1:2::/64")
    make.network("legacy", IPv4Range="10.240.0.0/16", gatewayIPv4="10.240.0.1")
    first = {"network": network, "subnetwork": subnet, "networkIP": "10.0.0.2"}
    second = {"network": default, "subnetwork": subnets[region], "networkIP": "10.128.0.2"}
    make.machine(zone, "jump", [first, second], description="two interfaces")
    configs = [
        {"type": "ONE_TO_ONE_NAT", "name": "a", "natIP": "35.187.1.1"},
        {"type": "ONE_TO_ONE_NAT", "name": "b", "natIP": "35.187.1.2"},
    ]
    nic = {
        "network": network,
        "subnetwork": subnet,
        "networkIP": "10.0.0.3",
        "accessConfigs": configs,
    }
    box = make.machine(zone, "nat-box", [nic])
    # One name in two zones.
    make.machine("europe-west1-c", "nat-box", [{**first, "networkIP": "10.0.0.4"}])
    make.add(
        "disk",
        "disks",
        f"zones/{zone}",
        "old-backup",
        sizeGb="1000",
        status="READY",
        type=make.url("zones", zone, "diskTypes", "pd-standard"),
    )
    for where, users in ((region, [box]), ("europe-west3", [])):
        # One name in two regions; the second one is attached to nothing.
        make.add(
            "disk",
            "disks",
            f"regions/{where}",
            "registry",
            sizeGb="200",
            status="READY",
            type=make.url("regions", where, "diskTypes", "pd-ssd"),
            replicaZones=[],
            **({"users": users} if users else {}),
        )
    make.add("targetPool", "targetPools", scope, "empty-pool", sessionAffinity="NONE")
    pool = make.add(
        "targetPool",
        "targetPools",
        scope,
        "legacy-backend",
        sessionAffinity="NONE",
        instances=[box],
        backupPool=make.url(scope, "targetPools", "empty-pool"),
        failoverRatio=0.1,
    )
    make.add(
        "targetPool",
        "targetPools",
        scope,
        "forgotten-pool",
        sessionAffinity="NONE",
        instances=[box],
    )
    # Its rule has another name.
    make.add(
        "forwardingRule",
        "forwardingRules",
        scope,
        "frontend",
        IPAddress="34.76.1.1",
        IPProtocol="TCP",
        loadBalancingScheme="EXTERNAL",
        portRange="80-80",
        target=pool["selfLink"],
        networkTier="STANDARD",
    )
    make.add(
        "forwardingRule",
        "forwardingRules",
        scope,
        "private-service",
        network=network,
        subnetwork=subnet,
        loadBalancingScheme="",
        target=make.url(scope, "serviceAttachments", "database"),
    )
    make.add("address", "addresses", scope, "coming", addressType="EXTERNAL", status="RESERVING")
    make.add(
        "address",
        "addresses",
        scope,
        "inside",
        address="10.0.0.77",
        addressType="INTERNAL",
        purpose="GCE_ENDPOINT",
        status="RESERVED",
        subnetwork=subnet,
    )
    make.add(
        "address",
        "addresses",
        "global",
        "peering",
        address="10.64.0.0",
        prefixLength=16,
        addressType="INTERNAL",
        purpose="VPC_PEERING",
        status="RESERVED",
        network=network,
    )
