"""What collectors are given: an account or a region, and its items page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from inventory.errors import BadAnswer
from inventory.sources.aws.client.failures import ours
from inventory.sources.aws.constants import PAGE_SIZE, PAGE_SIZES

if TYPE_CHECKING:
    from inventory.sources.aws.client.accounts import Account, Client


class Reader:
    """Lists what a part of AWS holds, for one collector."""

    def __init__(
        self, place: str, accounts: Mapping[str, Account], region: str | None = None
    ) -> None:
        self.place = place
        self.accounts = accounts
        """The account by the services whose credentials reach it."""
        self.region = region
        self._clients: dict[str, Client] = {}

    def items(
        self, service: str, operation: str, member: str, *, key: str, **arguments: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the items of every page of an operation; `arguments` are the operation's.

        `member` may reach deeper: `Reservations.Instances`. Raises AccessDenied, Throttled,
        Unavailable, or BadAnswer where an item lacks its `key`.
        """
        call = f"{service}:{operation}"
        with ours(self.place, call):
            path = member.split(".")
            size = PAGE_SIZES.get(call, PAGE_SIZE)
            for page in self._pages(self._client(service), xform_name(operation), size, arguments):
                # An empty list is there all the same; to read none where it is not would delete all.
                if path[0] not in page:
                    raise BadAnswer(
                        f"aws {self.place}: {call}: no {path[0]} in the answer: {_excerpt(page)}"
                    )
                for item in _reach(page, path):
                    if not item.get(key):
                        raise BadAnswer(
                            f"aws {self.place}: {call}: an item without {key}: {_excerpt(item)}"
                        )
                    yield item

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def answer(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer of an operation that has no pages."""
        with ours(self.place, f"{service}:{operation}"):
            found: dict[str, Any] = getattr(self._client(service), xform_name(operation))(
                **arguments
            )
            return found

    def reaches(self, service: str) -> bool:
        """Whether a credential of this service is of the account."""
        return service in self.accounts

    @staticmethod
    def _pages(
        client: Client, method: str, size: int, arguments: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        if client.can_paginate(method):
            yield from client.get_paginator(method).paginate(
                PaginationConfig={"PageSize": size}, **arguments
            )
        else:
            yield getattr(client, method)(**arguments)

    def _client(self, service: str) -> Client:
        if service not in self._clients:
            self._clients[service] = self.accounts[service].client(service, self.region)
        return self._clients[service]


class AccountReader(Reader):
    """Reads what belongs to an account rather than to a region."""

    def __init__(
        self,
        account_id: str,
        accounts: Mapping[str, Account],
        excluded: frozenset[str],
        hosted_zone_id: str = "",
    ) -> None:
        super().__init__(f"{account_id}/{hosted_zone_id}".rstrip("/"), accounts)
        self.account_id = account_id
        self.excluded = excluded
        self.hosted_zone_id = hosted_zone_id

    def regions(self) -> Iterator[dict[str, Any]]:
        """Yield the regions that are enabled for the account, without `aws.excluded_regions`."""
        for region in self.items("ec2", "DescribeRegions", "Regions", key="RegionName"):
            if region["RegionName"] not in self.excluded:
                yield region


class RegionReader(Reader):
    """Reads a region of an account."""

    def __init__(self, account_id: str, region: str, accounts: Mapping[str, Account]) -> None:
        super().__init__(f"{account_id}/{region}", accounts, region)
        self.account_id = account_id
        self.region_name = region


def _reach(page: dict[str, Any], path: list[str]) -> Iterator[dict[str, Any]]:
    member, *deeper = path
    for item in page.get(member, ()):
        if deeper:
            yield from _reach(item, deeper)
        else:
            yield item


def _excerpt(item: dict[str, Any]) -> str:
    text = repr({name: value for name, value in item.items() if name != "ResponseMetadata"})
    return text if len(text) <= 200 else f"{text[:200]}…"
