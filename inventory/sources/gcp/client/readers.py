"""What collectors are given: a project, and its items page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from inventory.errors import BadAnswer, Incomplete
from inventory.sources.gcp.client.failures import UnknownFields
from inventory.sources.gcp.client.session import Session
from inventory.sources.gcp.constants import PAGE_SIZE, Call

HARMLESS = frozenset(
    {
        "CLEANUP_FAILED",
        "DEPRECATED_RESOURCE_USED",
        "DEPRECATED_TYPE_USED",
        "EXPERIMENTAL_TYPE_USED",
        "LARGE_DEPLOYMENT_WARNING",
        "NO_RESULTS_ON_PAGE",
    }
)
"""Warnings that do not mean that a part of a list is missing. Any other is taken to mean that."""

Item = dict[str, Any]


class ProjectReader:
    """Lists what one service holds in a project, for one collector.

    What came of a list that Google could not give in whole is yielded all the same; then
    `Incomplete` names what is missing.
    """

    def __init__(
        self, project_id: str, session: Session, soil: Mapping[str, str] | None = None
    ) -> None:
        self.project_id = project_id
        self.session = session
        self.soil = soil or {}
        """The seeds that are GKE clusters of this project, by the name of the cluster."""

    def one(self, call: Call, *, body: object = None) -> Item:
        """The one object that a method answers. Raises BadAnswer if it lacks its key."""
        found = self.session.call(call, self._path(call), body=body)
        if not found.get(call.key):
            raise self._odd(call, f"no {call.key} in the answer", found)
        return found

    def items(self, call: Call) -> Iterator[Item]:
        """Yield the items of a list, page by page.

        Raises AccessDenied, Throttled, Unavailable, BadAnswer where an item lacks its key, and
        Incomplete at the end.
        """
        missing: list[str] = []
        for page in self._pages(call):
            missing += self._missing(page, "")
            yield from self._checked(call, page)
        self._complete(call, missing)

    def items_by_place(self, call: Call) -> Iterator[tuple[str, Item]]:
        """Yield the items of an aggregated list, each with its place: `zones/…`, `regions/…` or
        `global`. Raises what `items` raises.
        """
        missing: list[str] = []
        for page in self._pages(call):
            missing += self._missing(page, "")
            places = page.get("items") or {}
            if not isinstance(places, dict):
                raise self._odd(call, "items is no object of places", places)
            for place, part in places.items():
                if not isinstance(part, dict):
                    raise self._odd(call, f"{place} is no object", part)
                missing += self._missing(part, place)
                for item in self._checked(call, part):
                    yield place, item
        self._complete(call, missing)

    def _pages(self, call: Call) -> Iterator[Item]:
        query: dict[str, str] = {}
        if call.paged:
            query = {"maxResults": str(PAGE_SIZE), "returnPartialSuccess": "true"}
        if call.fields:
            query["fields"] = call.fields
        while True:
            try:
                page = self.session.call(call, self._path(call), query)
            except UnknownFields:
                if query.pop("fields", None) is None:
                    raise
                continue
            # Where there is nothing, `items` is left out; to read that from just any answer would
            # delete everything.
            if call.paged and "items" not in page and "kind" not in page:
                raise self._odd(call, "neither items nor kind in the answer", page)
            yield page
            token = page.get("nextPageToken")
            if not token:
                return
            if token == query.get("pageToken"):
                raise self._odd(call, "the next page is the same page", token)
            query["pageToken"] = token

    def _checked(self, call: Call, part: Item) -> Iterator[Item]:
        items = part.get(call.member)
        if not isinstance(items, list | None):
            raise self._odd(call, f"{call.member} is no list", items)
        for item in items or ():
            if not isinstance(item, dict) or not item.get(call.key):
                raise self._odd(call, f"an item without {call.key}", item)
            yield item

    def _complete(self, call: Call, missing: list[str]) -> None:
        if missing:
            listed = ", ".join(sorted(set(missing)))
            raise Incomplete(f"gcp {self.project_id}: {call.permission}: could not read {listed}")

    def _missing(self, part: Item, place: str) -> list[str]:
        """What an answer says it lacks, as each of the APIs says it."""
        found = [
            str(name).removeprefix(f"projects/{self.project_id}/")
            for member in ("unreachables", "unreachable", "missingZones")
            for name in part.get(member) or ()
        ]
        warning = part.get("warning")
        if isinstance(warning, dict) and warning.get("code") not in HARMLESS:
            found.append(f"{place or 'a part'} ({warning.get('code')})")
        return found

    def _path(self, call: Call) -> str:
        return call.path.format(project=quote(self.project_id, safe=":"))

    def _odd(self, call: Call, what: str, value: object) -> BadAnswer:
        text = repr(value)
        text = text if len(text) <= 200 else f"{text[:200]}…"
        return BadAnswer(f"gcp {self.project_id}: {call.permission}: {what}: {text}")
