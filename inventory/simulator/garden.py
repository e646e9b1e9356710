"""What Gardener's APIs show of a landscape: projects, seeds, managed seeds, shoots and Machines."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from inventory.simulator.flags import OWN_VPC, WORKERLESS
from inventory.simulator.garden_meta import meta
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import Object, uid
from inventory.simulator.names import GARDEN_PROJECT, GCP_ZONES, OWNERLESS_PROJECT
from inventory.simulator.slots import Slot

CORE = "core.gardener.cloud/v1beta1"
SEEDMANAGEMENT = "seedmanagement.gardener.cloud/v1alpha1"
PURPOSES = ("evaluation", "testing", "development", "production", "production")
STATUSES = ("healthy", "healthy", "healthy", "progressing", "unhealthy", "unknown")
ROLES = ("admin", "viewer", "uam", "serviceaccountmanager", "extension:auditor")


class Garden:
    """The objects of one landscape, by position in their lists."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape

    def _digits(self, kind: str, name: str) -> str:
        seed = self.landscape.seed
        return blake2b(f"{seed} {kind} {name}".encode(), digest_size=32).hexdigest()

    # projects

    @property
    def project_total(self) -> int:
        return self.landscape.project_count + 2

    def members(self, index: int) -> list[Object]:
        """The members of a project, which may be none at all."""
        if index == self.landscape.project_count + 1 or index % 16 == 7:
            return []
        name = self.landscape.project_name(index)
        namespace = self.landscape.project_namespace(index)
        digits = self._digits("members", name)
        owner = f"owner-{digits[0:4]}@example.com"
        found: list[Object] = []
        if index != OWNERLESS_PROJECT:
            found.append(_user(owner, "owner", "admin"))
        for k in range(int(digits[10], 16) % 4):
            member = _user(
                f"{digits[12 + k : 17 + k]}-{k}@example.com", ROLES[int(digits[k], 16) % 5]
            )
            if k == 1:
                member["roles"] = ["viewer", "extension:auditor"]
            found.append(member)
        if index % 3 == 0:
            found.append(
                {"kind": "ServiceAccount", "name": "robot", "namespace": namespace, "role": "admin"}
            )
        if index % 4 == 1:
            found.append(_user(f"system:serviceaccount:{namespace}:ci", "viewer"))
        if index % 4 == 3:
            found.append(_user("platform", "viewer"))
            found.append(_user("platform", "uam", kind="Group"))
        return found

    def project(self, index: int) -> Object:
        name = self.landscape.project_name(index)
        namespace = self.landscape.project_namespace(index)
        digits = self._digits("project", name)
        spec: Object = {}
        if namespace is not None:
            spec["namespace"] = namespace
        if index != OWNERLESS_PROJECT:
            owner = self._digits("members", name)[0:4]
            spec["owner"] = _subject(f"owner-{owner}@example.com")
            spec["createdBy"] = _subject(f"creator-{owner}@example.com")
        if index % 5 != OWNERLESS_PROJECT:
            spec["description"] = f"Landscape of the {name} team"
            spec["purpose"] = f"Run what {name} needs"
        if members := self.members(index):
            spec["members"] = members
        status = {"observedGeneration": 1, "phase": "Pending" if namespace is None else "Ready"}
        return {
            "apiVersion": CORE,
            "kind": "Project",
            "metadata": meta(name, digits),
            "spec": spec,
            "status": status,
        }

    # seeds

    def seed(self, index: int) -> Object:
        landscape = self.landscape
        name = landscape.seed_name(index)
        digits = self._digits("seed", name)
        status: Object = {
            "clusterIdentity": f"seed-{name}-{digits[0:6]}",
            "gardener": {
                "id": digits[0:12],
                "name": f"gardenlet-{digits[12:17]}",
                "version": "v1.140.2",
            },
            "conditions": [
                {"type": "GardenletReady", "status": "True", "reason": "GardenletReady"}
            ],
        }
        if landscape.is_managed(index):
            status["kubernetesVersion"] = f"v1.33.{index % 7}"
        provider, region = landscape.seed_provider(index), landscape.seed_region(index)
        letters = [f"-{z}" for z in GCP_ZONES[region]] if provider == "gcp" else "abc"
        return {
            "apiVersion": CORE,
            "kind": "Seed",
            "metadata": {
                **meta(name, digits),
                "labels": {
                    "seed.gardener.cloud/provider": provider,
                    "seed.gardener.cloud/region": region,
                },
            },
            "spec": {
                "provider": {
                    "type": provider,
                    "region": region,
                    "zones": [f"{region}{z}" for z in letters],
                },
                "networks": {"nodes": "10.250.0.0/16", "pods": "100.96.0.0/11"},
                "settings": {"scheduling": {"visible": landscape.is_managed(index)}},
            },
            "status": status,
        }

    def managed_seed(self, index: int) -> Object:
        name = self.landscape.seed_name(index)
        digits = self._digits("managedseed", name)
        return {
            "apiVersion": SEEDMANAGEMENT,
            "kind": "ManagedSeed",
            "metadata": {**meta(name, digits), "namespace": "garden"},
            "spec": {
                "shoot": {"name": self.landscape.seed_shoot_name(index)},
                "gardenlet": {"deployment": {"replicaCount": 2}, "mergeWithParent": True},
            },
            "status": {"observedGeneration": 1, "conditions": []},
        }

    # shoots

    def shoots(self, project: int | None, offset: int, limit: int) -> Iterator[Object]:
        landscape = self.landscape
        slots = landscape.garden_shoots if project is None else landscape.project_shoots(project)
        for slot in slots[offset : offset + limit]:
            yield self.shoot(landscape.slot(slot))

    def shoot_total(self, project: int | None) -> int:
        landscape = self.landscape
        return len(
            landscape.garden_shoots if project is None else landscape.project_shoots(project)
        )

    def shoot(self, slot: Slot) -> Object:
        landscape, d, x = self.landscape, slot.digest, slot.hex
        region = slot.place.region
        namespace = landscape.project_namespace(slot.project)
        metadata: Object = {
            "name": slot.name,
            "namespace": namespace,
            "uid": uid(x),
            "resourceVersion": str(100000 + slot.index * 256 + slot.roll),
            "generation": 1 + slot.roll,
            "creationTimestamp": slot.created_at,
        }
        if d[26] >= 25:
            metadata["labels"] = {"shoot.gardener.cloud/status": STATUSES[(d[27] + slot.roll) % 6]}
        elif d[26] >= 12:
            metadata["labels"] = {"team": landscape.project_name(slot.project)}
        if d[28] >= 25:
            metadata["annotations"] = {"gardener.cloud/created-by": f"user-{x[60:64]}@example.com"}
        spec: Object = {
            "region": region,
            "kubernetes": {"version": f"1.{31 + d[29] % 4}.{d[30] % 9 + slot.roll}"},
            "provider": self._provider(slot),
            "hibernation": {"enabled": slot.is_hibernated},
        }
        if slot.has_custom_profile:
            name = f"{slot.provider}-custom"
            spec["cloudProfile"] = {"kind": "NamespacedCloudProfile", "name": name}
        elif d[31] & 1:
            spec["cloudProfile"] = {"kind": "CloudProfile", "name": slot.provider}
        else:
            spec["cloudProfileName"] = slot.provider
        if landscape.project_name(slot.project) == GARDEN_PROJECT:
            spec["purpose"] = "infrastructure"
        elif d[32] >= 50:
            spec["purpose"] = PURPOSES[d[32] % 5]
        if d[33] & 1:
            spec["credentialsBindingName"] = f"{slot.provider}-{slot.place.account}"
        else:
            spec["secretBindingName"] = f"{slot.provider}-{slot.place.account}"
        status: Object = {}
        if slot.is_scheduled:
            spec["seedName"] = landscape.seed_name(slot.seed)
            status = {
                "technicalID": slot.technical_id,
                "uid": uid(x[32:]),
                "clusterIdentity": f"{slot.technical_id}-{uid(x[32:])}-garden",
                "hibernated": slot.is_hibernated,
                "gardener": {"id": x[0:12], "name": f"gardenlet-{x[12:17]}", "version": "v1.140.2"},
                "lastOperation": {"type": "Reconcile", "state": "Succeeded", "progress": 100},
                "observedGeneration": 1 + slot.roll,
                "seedName": landscape.seed_name(slot.seed),
            }
        return {
            "apiVersion": CORE,
            "kind": "Shoot",
            "metadata": metadata,
            "spec": spec,
            "status": status,
        }

    def _provider(self, slot: Slot) -> Object:
        provider: Object = {"type": slot.provider}
        if slot.flags & WORKERLESS:
            return provider
        networks: Object = {"workers": "10.250.0.0/19"}
        if slot.provider == "aws":
            vpc = {"id": slot.vpc_id} if slot.flags & OWN_VPC else {"cidr": "10.250.0.0/16"}
            networks = {"vpc": vpc, "zones": [{"name": zone.name} for zone in slot.zones]}
        elif slot.flags & OWN_VPC:
            networks["vpc"] = {"name": slot.network}
        provider["infrastructureConfig"] = {
            "apiVersion": f"{slot.provider}.provider.extensions.gardener.cloud/v1alpha1",
            "kind": "InfrastructureConfig",
            "networks": networks,
        }
        provider["workers"] = [
            {
                "name": name,
                "minimum": 1,
                "maximum": 12,
                "machine": {
                    "type": machine_type,
                    "architecture": {"x86_64": "amd64"}.get(arch, arch),
                    "image": {"name": "gardenlinux", "version": f"1877.{slot.digest[25] % 4}.0"},
                },
                "zones": [zone.name for zone in slot.zones],
            }
            for name, machine_type, arch in slot.workers
        ]
        return provider


def _user(name: str, role: str, *roles: str, kind: str = "User") -> Object:
    member: Object = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": kind,
        "name": name,
        "role": role,
    }
    return {**member, "roles": list(roles)} if roles else member


def _subject(name: str) -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}
