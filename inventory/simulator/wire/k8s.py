"""The Kubernetes API of the garden and of the seeds: lists, single objects, viewer kubeconfigs."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import unquote

import orjson

from inventory.simulator.control_plane import DNS, EXTENSIONS, garden_dns_entries
from inventory.simulator.garden import CORE, SEEDMANAGEMENT, Garden
from inventory.simulator.garden_more import (
    CUSTOM,
    backup_bucket_objects,
    cloud_profiles,
    namespaced_cloud_profile,
    namespaced_total,
)
from inventory.simulator.landscape import Landscape
from inventory.simulator.machines import MACHINES
from inventory.simulator.names import SOIL
from inventory.simulator.seed_objects import KINDS, SeedObjects
from inventory.simulator.wire import Call, Request, Response
from inventory.simulator.wire.gcp import is_google_token
from inventory.simulator.wire.k8s_objects import (
    CLUSTER_WIDE,
    GARDEN_TOKEN,
    answer,
    discovery,
    kubeconfig,
    refuse,
    seed_token,
    sign,
)

SERVED = {
    "garden": {
        CORE: {
            "projects": "Project",
            "seeds": "Seed",
            "shoots": "Shoot",
            "backupbuckets": "BackupBucket",
            "cloudprofiles": "CloudProfile",
            "namespacedcloudprofiles": "NamespacedCloudProfile",
        },
        SEEDMANAGEMENT: {"managedseeds": "ManagedSeed"},
        DNS: {"dnsentries": "DNSEntry"},
    },
    "seed": {
        "v1": {"persistentvolumes": "PersistentVolume"},
        MACHINES: {"machines": "Machine"},
        EXTENSIONS: {"bastions": "Bastion", "dnsrecords": "DNSRecord"},
        DNS: {"dnsentries": "DNSEntry"},
    },
}
PATH = re.compile(
    r"/(?:apis/(?P<api>[a-z.]+/v[a-z0-9]+)|api/(?P<core>v1))(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?)?"
)
Source = tuple[int, Callable[[int, int], Iterable[dict[str, Any]]]]


class KubernetesApi:
    """Answers `/garden/…` and `/seeds/<name>/…`."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.garden = Garden(landscape)
        self.seeds = SeedObjects(landscape)
        self.seed_indexes = {name: i for i, name in enumerate(landscape.seed_names())}
        self.expire_next = 0
        """How many of the next continue tokens are answered as expired."""

    def call(self, request: Request) -> Call:
        _, cluster, *rest = request.path.split("/", 2 if request.path.startswith("/garden") else 3)
        if cluster == "garden":
            scope, path = "garden", "/" + "".join(rest)
        else:
            scope, path = unquote(rest[0]) if rest else "", "/" + "".join(rest[1:])
        kind = "garden" if cluster == "garden" else "seed"
        found = PATH.fullmatch(path)
        if found is None:
            action = f"{kind}:{path.strip('/') or 'root'}"
        elif found["sub"]:
            action = f"{kind}:create-{found['sub']}"
        else:
            action = f"{kind}:{'get' if found['name'] else 'list'}-{found['plural']}"
        _, page = _position(request.query.get("continue", ""))
        return Call(
            action,
            scope,
            page,
            partial(self._answer, request, kind, scope, path, found),
            refuse,
            answer({"kind": "List", "apiVersion": "v1", "items": "none"}),
        )

    def _answer(
        self, request: Request, kind: str, scope: str, path: str, found: re.Match[str] | None
    ) -> Response:
        if not self._authorized(request, kind, scope):
            return refuse(401, "Unauthorized")
        if kind == "seed" and scope not in self.seed_indexes:
            return refuse(404, f"no seed is named {scope}")
        served = SERVED[kind]
        if found is None:
            return discovery(path, served)
        api, plural = found["api"] or found["core"], found["plural"]
        if plural not in served.get(api, {}):
            return refuse(404, "the server could not find the requested resource")
        if request.query.get("watch") in ("true", "1"):
            return refuse(405, "the simulator has no watches")
        if found["sub"]:
            return self._viewer_kubeconfig(request, plural, unquote(found["name"]), found)
        if request.method != "GET":
            return refuse(
                405, f"{request.method} is not supported on {plural}: this garden is read-only"
            )
        namespace = unquote(found["namespace"]) if found["namespace"] else None
        if found["name"]:
            return self._single(scope, plural, namespace, unquote(found["name"]))
        return self._list(request, scope, api, served[api][plural], plural, namespace)

    def _authorized(self, request: Request, kind: str, scope: str) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        if kind == "garden":
            return token == GARDEN_TOKEN
        if scope == SOIL and is_google_token(token, self.landscape):
            return True
        try:
            head, claims, signature = token.split(".")
            content = orjson.loads(base64.urlsafe_b64decode(claims + "=="))
        except (ValueError, binascii.Error):
            return False
        valid = signature == sign(f"{head}.{claims}") and content["sub"] == f"seed:{scope}"
        return valid and content["exp"] > time.time()

    # lists

    def _list(
        self, request: Request, scope: str, api: str, kind: str, plural: str, namespace: str | None
    ) -> Response:
        query = request.query
        for selector in ("labelSelector", "fieldSelector"):
            if query.get(selector):
                return refuse(400, f"the simulator lists everything and does not know {selector}")
        limit = int(query.get("limit") or 0) if query.get("limit", "0").isdecimal() else 0
        token, generation = query.get("continue", ""), self.landscape.generation
        offset, page = 0, 1
        if token:
            (found, offset), page = _position(token)
            if found == -1:
                return refuse(400, "continue key is not valid: illegal base64 data or encoding")
            if found != generation or self.expire_next > 0:
                self.expire_next = max(0, self.expire_next - 1)
                message = "The provided continue parameter is too old to display a consistent list result."
                return refuse(
                    410, f"{message} You must start a new list without the continue parameter."
                )
        total, items = self._source(scope, plural, namespace)
        last = min(total, offset + limit) if limit else total
        metadata: dict[str, Any] = {"resourceVersion": str(1_000_000 + generation)}
        if last < total:
            metadata["continue"] = _token(generation, last, page + 1)
            metadata["remainingItemCount"] = total - last
        return answer(
            {
                "apiVersion": api,
                "kind": f"{kind}List",
                "metadata": metadata,
                "items": list(items(offset, last - offset)),
            }
        )

    def _source(self, scope: str, plural: str, namespace: str | None) -> Source:
        landscape, garden = self.landscape, self.garden
        if plural == "projects":
            return garden.project_total, _each(garden.project)
        if plural == "seeds":
            return landscape.seed_count, _each(garden.seed)
        if plural == "managedseeds":
            total = landscape.managed_count if namespace in (None, "garden") else 0
            return total, _each(garden.managed_seed)
        if plural == "shoots":
            project = None if namespace is None else landscape.project_of_namespace(namespace)
            if namespace is not None and project is None:
                return 0, _nothing
            return garden.shoot_total(project), partial(garden.shoots, project)
        if plural == "namespacedcloudprofiles":
            return self._namespaced_profiles(namespace)
        if scope == "garden":
            return self._few(plural, namespace)
        seed = self.seed_indexes[scope]
        if namespace is None:
            total = self.seeds.total(seed, plural)
            return total, partial(self.seeds.page, seed, plural)
        slot = self._control_plane(namespace)
        if slot is None or landscape.seed_of[slot] != seed:
            everything = self.seeds.page(seed, plural, 0, self.seeds.total(seed, plural))
            return _listed(x for x in everything if x["metadata"].get("namespace") == namespace)
        kind = KINDS[plural]
        total = landscape.measure(f"seed:{kind}", slot)
        return _listed(self.seeds.of_slot(slot, kind, 0, total))

    def _few(self, plural: str, namespace: str | None) -> Source:
        """The lists of the garden that are short at any size."""
        if plural == "backupbuckets":
            return _listed(backup_bucket_objects(self.landscape))
        if plural == "cloudprofiles":
            return _listed(cloud_profiles())
        return _listed(garden_dns_entries(self.landscape) if namespace in (None, "garden") else ())

    def _namespaced_profiles(self, namespace: str | None) -> Source:
        make = partial(namespaced_cloud_profile, self.landscape)
        if namespace is None:
            return namespaced_total(self.landscape), _each(make)
        project = self.landscape.project_of_namespace(namespace)
        if project is None or project >= self.landscape.project_count:
            return 0, _nothing
        return _listed(make(len(CUSTOM) * project + number) for number in range(len(CUSTOM)))

    def _control_plane(self, namespace: str) -> int | None:
        """The slot of the shoot whose technical id is this."""
        _, _, rest = namespace.partition("shoot--")
        project, _, name = rest.partition("--")
        digits = project.lstrip("abcdefghijklmnopqrstuvwxyz")
        index = int(digits) if digits.isdecimal() else self.landscape.project_count
        home = self.landscape.project_namespace(index)
        if index > self.landscape.project_count or self.landscape.project_name(index) != project:
            return None
        return self.landscape.slot_of(home, name) if home else None

    # single objects

    def _single(self, scope: str, plural: str, namespace: str | None, name: str) -> Response:
        if plural == "shoots" and namespace:
            slot = self.landscape.slot_of(namespace, name)
            if slot is not None:
                return answer(self.garden.shoot(self.landscape.slot(slot)))
        elif namespace or plural in CLUSTER_WIDE:
            total, items = self._source(scope, plural, namespace)
            for found in items(0, total):
                if found["metadata"]["name"] == name:
                    return answer(found)
        return refuse(404, f'{plural} "{name}" not found')

    def _viewer_kubeconfig(
        self, request: Request, plural: str, name: str, found: re.Match[str]
    ) -> Response:
        if plural != "shoots" or found["sub"] not in ("viewerkubeconfig", "adminkubeconfig"):
            return refuse(404, "the server could not find the requested resource")
        if request.method != "POST":
            return refuse(405, f"{request.method} is not supported on {found['sub']}")
        slot = self.landscape.slot_of(unquote(found["namespace"] or ""), name)
        if slot is None:
            return refuse(404, f'shoots.core.gardener.cloud "{name}" not found')
        seed = slot - self.landscape.first_garden_slot
        if found["sub"] == "adminkubeconfig" or not 0 <= seed < self.landscape.managed_count:
            message = f'cannot create resource "shoots/{found["sub"]}" in namespace "{found["namespace"]}"'
            return refuse(403, f'shoots.core.gardener.cloud "{name}" is forbidden: {message}')
        try:
            body = orjson.loads(request.body or b"{}")
            seconds = int(body.get("spec", {}).get("expirationSeconds", 3600))
        except (ValueError, AttributeError, TypeError):
            return refuse(400, "the body is not a ViewerKubeconfigRequest")
        expires = int(time.time()) + seconds
        seed_name = self.landscape.seed_name(seed)
        host = request.headers.get("host", "127.0.0.1")
        token = seed_token(seed_name, expires)
        config = kubeconfig(f"http://{host}/seeds/{seed_name}", token, f"garden--{name}-external")
        return answer(
            {
                "apiVersion": "authentication.gardener.cloud/v1alpha1",
                "kind": "ViewerKubeconfigRequest",
                "metadata": {},
                "spec": {"expirationSeconds": seconds},
                "status": {
                    "kubeconfig": base64.b64encode(orjson.dumps(config)).decode(),
                    "expirationTimestamp": time.strftime(
                        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires)
                    ),
                },
            },
            201,
        )


def _each(make: Callable[[int], dict[str, Any]]) -> Callable[[int, int], Iterable[dict[str, Any]]]:
    return lambda offset, limit: map(make, range(offset, offset + limit))


def _listed(items: Iterable[dict[str, Any]]) -> Source:
    found = list(items)
    return len(found), lambda offset, limit: found[offset : offset + limit]


def _nothing(offset: int, limit: int) -> Iterable[dict[str, Any]]:
    return ()


def _token(generation: int, offset: int, page: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([generation, offset, page])).decode()


def _position(token: str) -> tuple[tuple[int, int], int]:
    """The generation (-1 if the token is none), offset and page number of a continue token."""
    if not token:
        return (0, 0), 1
    try:
        generation, offset, page = orjson.loads(base64.urlsafe_b64decode(token))
        return (int(generation), int(offset)), int(page)
    except (ValueError, TypeError, binascii.Error):
        return (-1, 0), 2
