"""Google Cloud's REST APIs: Compute Engine, Storage, Resource Manager and Kubernetes Engine."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import orjson

from inventory.simulator.buckets import buckets
from inventory.simulator.google import Google
from inventory.simulator.google_clusters import clusters
from inventory.simulator.google_iam import ACCESS_TOKEN, access_token, policy, project
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GCP_NUMBERS, GCP_ZONES
from inventory.simulator.wire import Call, Request, Response

PREFIX = "/gcp"
"""May stand before every path, for whoever wants the clouds apart."""
ROUTES = (
    ("compute", re.compile(r"/compute/v1/projects/(?P<project>[^/]+)/(?P<rest>.+)")),
    ("storage", re.compile(r"/storage/v1/b")),
    ("resourcemanager", re.compile(r"/v3/projects/(?P<project>[^/:]+)(?P<rest>:getIamPolicy)?")),
    ("container", re.compile(r"/v1/projects/(?P<project>[^/]+)/locations/-/clusters")),
    ("oauth2", re.compile(r"/(?:token|v1/token|sts/v1/token)")),
)
AGGREGATED = {
    "instances": ("instances", "zones"),
    "disks": ("disks", "zones"),
    "subnetworks": ("subnetworks", "regions"),
    "addresses": ("addresses", "regions"),
    "forwardingRules": ("rules", "regions"),
    "targetPools": ("pools", "regions"),
}
"""The collections, what `google` calls them, and where most of them are."""
KINDS = {
    "instances": "instance",
    "disks": "disk",
    "subnetworks": "subnetwork",
    "addresses": "address",
    "forwardingRules": "forwardingRule",
    "targetPools": "targetPool",
    "networks": "network",
}
STATUSES = {
    400: ("INVALID_ARGUMENT", "invalid"),
    401: ("UNAUTHENTICATED", "authError"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
    503: ("UNAVAILABLE", "backendError"),
}
LIMIT = 500


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def _json(value: object, status: int = 200) -> Response:
    return Response(status, "application/json; charset=UTF-8", orjson.dumps(value))


def refuse(status: int, message: str) -> Response:
    name, reason = STATUSES.get(status, ("INTERNAL", "internalError"))
    error = {
        "code": status,
        "message": message,
        "status": name,
        "errors": [{"message": message, "domain": "global", "reason": reason}],
    }
    headers = {"Retry-After": "1"} if status == 429 else {}
    return Response(
        status, "application/json; charset=UTF-8", orjson.dumps({"error": error}), headers
    )


class GoogleApi:
    """Answers what the four services are asked for."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.google = Google(landscape)
        self.down: Collection[str] = ()
        """`<project>/<zone>`: zones that cannot be reached."""

    def call(self, request: Request) -> Call | None:
        """What a request asks for, or None if it is nothing of Google's."""
        path = request.path.removeprefix(PREFIX)
        for service, route in ROUTES:
            if found := route.fullmatch(path):
                groups = found.groupdict()
                scope = groups.get("project") or request.query.get("project", "") or "anonymous"
                action, answer = self._method(service, request, scope, groups.get("rest") or "")
                return Call(
                    f"{service}:{action}",
                    scope,
                    _position(request.query.get("pageToken", ""))[2],
                    partial(self._answer, service, request, scope, answer),
                    refuse,
                    _json({"kind": f"{service}#list", "items": "none", "clusters": "none"}),
                )
        return None

    def _method(
        self, service: str, request: Request, scope: str, rest: str
    ) -> tuple[str, Callable[[], Any]]:
        match service:
            case "oauth2":
                return "token", access_token
            case "storage":
                return "buckets.list", partial(self._buckets, request, scope)
            case "container":
                return "clusters.list", partial(self._clusters, request, scope)
            case "resourcemanager" if rest:
                return "projects.getIamPolicy", partial(self._policy, request, scope)
            case "resourcemanager":
                return "projects.get", partial(project, scope)
        where, _, collection = rest.partition("/")
        if where == "aggregated" and collection in AGGREGATED:
            listed = partial(self._aggregated, request, scope, collection)
            return f"{collection}.aggregatedList", listed
        if where == "global" and collection in ("networks", "addresses", "forwardingRules"):
            name = (
                collection
                if collection == "networks"
                else f"global{collection[0].upper()}{collection[1:]}"
            )
            return f"{name}.list", partial(self._global, request, scope, collection)
        return rest.replace("/", "."), partial(self._unknown, rest)

    def _answer(
        self, service: str, request: Request, scope: str, answer: Callable[[], Any]
    ) -> Response:
        try:
            if service != "oauth2":
                self._authorize(service, request, scope)
            return _json(answer())
        except Refused as refused:
            return refuse(refused.status, refused.message)

    def _authorize(self, service: str, request: Request, scope: str) -> None:
        """Take nobody, our own token, or whatever a service account of these projects signed."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if token and not is_google_token(token, self.landscape):
            message = "Request had invalid authentication credentials."
            raise Refused(401, f"{message} Expected OAuth 2 access token ({scheme}).")
        if scope not in self.landscape.projects:
            status = 404 if service == "compute" else 403
            raise Refused(status, f"The resource 'projects/{scope}' was not found")

    @staticmethod
    def _unknown(rest: str) -> Any:
        raise Refused(404, f"The simulator does not know {rest}")

    # Compute Engine

    def _scopes(self, name: str, where: str) -> list[str]:
        zones = [f"zones/{r}-{z}" for r, letters in GCP_ZONES.items() for z in letters]
        regions = [f"regions/{region}" for region in GCP_ZONES]
        if where == "zones":
            return zones + (regions if name == "disks" else [])
        return ["global", *regions]

    def _paging(self, request: Request, kind: str) -> tuple[int, int, int]:
        size = request.query.get("maxResults", str(LIMIT))
        limit = int(size) if size.isdecimal() else -1
        if not 0 < limit <= LIMIT:
            raise Refused(400, f"Invalid value for field 'maxResults': '{size}'")
        for parameter in ("filter", "orderBy"):
            if request.query.get(parameter):
                raise Refused(400, f"The simulator does not know {parameter}")
        found, offset, page = _position(request.query.get("pageToken", ""))
        if found not in ("", kind):
            raise Refused(400, "Invalid value for field 'pageToken'")
        return offset, limit, page

    def _aggregated(self, request: Request, scope: str, collection: str) -> Any:
        name, where = AGGREGATED[collection]
        offset, limit, page = self._paging(request, collection)
        down = {f"zones/{zone.split('/')[1]}" for zone in self.down if zone.split("/")[0] == scope}
        down &= set(self._scopes(name, where))
        if down and request.query.get("returnPartialSuccess", "false").lower() != "true":
            raise Refused(503, f"Scopes cannot be reached: {', '.join(sorted(down))}")
        items: dict[str, Any] = {}
        for place, item in self.google.page(scope, name, offset, limit):
            if place not in down:
                items.setdefault(place, {collection: []})[collection].append(item)
        for place in self._scopes(name, where):
            if place in down:
                items[place] = {"warning": _warning("UNREACHABLE", place)}
            elif place not in items:
                items[place] = {"warning": _warning("NO_RESULTS_ON_PAGE", place)}
        answer: dict[str, Any] = {
            "kind": f"compute#{KINDS[collection]}AggregatedList",
            "id": f"projects/{scope}/aggregated/{collection}",
            "items": items,
            "selfLink": f"https://www.googleapis.com/compute/v1/projects/{scope}/aggregated/{collection}",
        }
        if down:
            answer["unreachables"] = sorted(down)
        if offset + limit < self.google.total(scope, name):
            answer["nextPageToken"] = _token(collection, offset + limit, page + 1)
        return answer

    def _global(self, request: Request, scope: str, collection: str) -> Any:
        key = f"global {collection}"
        offset, limit, page = self._paging(request, key)
        if collection == "networks":
            total = self.google.total(scope, collection)
            found = [item for _, item in self.google.page(scope, collection, offset, limit)]
        else:
            name = AGGREGATED[collection][0]
            fixed = self.google.fixed[scope].get(name, [])
            everything = [item for place, item in fixed if place == "global"]
            total, found = len(everything), everything[offset : offset + limit]
        answer: dict[str, Any] = {
            "kind": f"compute#{KINDS[collection]}List",
            "id": f"projects/{scope}/global/{collection}",
            "selfLink": f"https://www.googleapis.com/compute/v1/projects/{scope}/global/{collection}",
        }
        if found:
            answer["items"] = found
        if offset + limit < total:
            answer["nextPageToken"] = _token(key, offset + limit, page + 1)
        return answer

    # the other services

    def _buckets(self, request: Request, scope: str) -> Any:
        offset, limit, page = self._paging(request, "buckets")
        owned = [b for b in buckets(self.landscape) if (b.provider, b.owner) == ("gcp", scope)]
        answer: dict[str, Any] = {"kind": "storage#buckets"}
        if found := [
            _bucket(b.name, b.location, b.created_at, scope) for b in owned[offset : offset + limit]
        ]:
            answer["items"] = found
        if offset + limit < len(owned):
            answer["nextPageToken"] = _token("buckets", offset + limit, page + 1)
        return answer

    def _clusters(self, request: Request, scope: str) -> Any:
        host = request.headers.get("host", "127.0.0.1")
        found = clusters(self.landscape, scope, f"http://{host}/seeds/soil")
        return {"clusters": found} if found else {}

    def _policy(self, request: Request, scope: str) -> Any:
        if request.method != "POST":
            raise Refused(404, "getIamPolicy is asked for with POST")
        try:
            options = orjson.loads(request.body or b"{}").get("options") or {}
            version = int(options.get("requestedPolicyVersion", 1))
        except (ValueError, AttributeError, TypeError) as error:
            raise Refused(400, "the body is not a GetIamPolicyRequest") from error
        return policy(scope, version)


def is_google_token(token: str, landscape: Landscape) -> bool:
    """Ours, or a token that a service account of one of the projects made itself."""
    if token == ACCESS_TOKEN:
        return True
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        issuer = str(claims["iss"])
    except (ValueError, LookupError, TypeError, binascii.Error):
        return False
    return any(issuer.endswith(f"@{p}.iam.gserviceaccount.com") for p in landscape.projects)


def _bucket(name: str, location: str, created: str, scope: str) -> dict[str, Any]:
    regional = "-" in location
    return {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "projectNumber": GCP_NUMBERS[scope],
        "location": location.upper(),
        "locationType": "region" if regional else "multi-region",
        "storageClass": "STANDARD" if regional else "NEARLINE",
        "timeCreated": created,
        "updated": created,
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{name}",
        "metageneration": "1",
    }


def _warning(code: str, place: str) -> dict[str, Any]:
    told = {
        "NO_RESULTS_ON_PAGE": f"There are no results for scope '{place}' on this page.",
        "UNREACHABLE": f"The scope '{place}' cannot be reached.",
    }
    return {"code": code, "message": told[code], "data": [{"key": "scope", "value": place}]}


def _token(kind: str, offset: int, page: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([kind, offset, page])).decode()


def _position(token: str) -> tuple[str, int, int]:
    """The list (empty for a first page), offset and number of the page that a token asks for."""
    if not token:
        return "", 0, 1
    try:
        kind, offset, page = orjson.loads(base64.urlsafe_b64decode(token))
        return str(kind), int(offset), int(page)
    except (ValueError, TypeError, binascii.Error):
        return "?", 0, 2
