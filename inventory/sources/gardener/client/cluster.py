"""A Kubernetes API: lists, page by page, as plain JSON.

The library's typed models cost twenty times as much and lose a whole list for one odd field.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import urllib3
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from inventory.core.remembered import Remembered
from inventory.errors import AccessDenied, BadAnswer, Unavailable
from inventory.sources.gardener.client.failures import PASSING, Answer, Expired, refusal
from inventory.sources.gardener.constants import PAGE_SIZE
from inventory.sources.gardener.utils import identify

RESTARTS = 3
"""How often one listing may outlive the snapshot that it reads."""
RENEW_BEFORE = 60.0
ApiClient = Any
"""`kubernetes.client.ApiClient`, whose methods have no types."""
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Patience:
    """How long an API server is waited for. The library itself retries nothing."""

    connect: float = 5
    read: float = 60
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20


@dataclass(frozen=True)
class Connection:
    """An authenticated client, and when its credentials end."""

    api: ApiClient
    ends_at: float | None = None
    """Seconds since the epoch; None if they do not end or renew themselves."""
    host: str | None = None
    """Where the API is, if not where the kubeconfig says."""

    def good_for(self) -> float:
        return float("inf") if self.ends_at is None else self.ends_at - time.time() - RENEW_BEFORE


class Hanging(Unavailable):
    """An API server took a request and did not answer in time."""


class Cluster:
    """An API server. Threads may share it: its client is, and is made anew before it expires."""

    def __init__(self, name: str, connect: Callable[[], Connection], patience: Patience) -> None:
        self.name = name
        self.patience = patience
        self.connection = Remembered(connect, seconds=Connection.good_for)
        self._timeout = (patience.connect, patience.read)

    def items(self, path: str, *, namespaced: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the objects of a list.

        Every object that exists from the first page to the last is yielded. If the snapshot that the
        pages are cut from ends before the last page, the listing goes on in the present state or,
        where the server offers no way to, starts over: then objects come twice, the later as it is
        now.
        """
        token: str | None = None
        restarts = 0
        while True:
            query = {"limit": str(PAGE_SIZE)} | ({"continue": token} if token else {})
            try:
                page = self.call("GET", path, query)
            except Expired as error:
                restarts += 1
                if restarts > RESTARTS:
                    raise Unavailable(
                        f"{error}; it expired {restarts} times: pages take longer than the server "
                        "keeps its snapshots"
                    ) from error
                token = error.resume
                continue
            yield from self._objects(path, page, namespaced)
            token = page.get("metadata", {}).get("continue")
            if not token:
                return

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> dict[str, Any]:
        """Send a request and read the object that it answers."""
        where = f"gardener {self.name}: {method} {path}"
        answer = self._persist(where, method, path, query, body)
        if not answer.ok:
            raise refusal(where, method, path, answer)
        try:
            found = answer.json()
        except orjson.JSONDecodeError as error:
            raise BadAnswer(f"{where}: the answer is no JSON: {answer.excerpt()}") from error
        if not isinstance(found, dict) or not isinstance(found.get("metadata", {}), dict):
            raise BadAnswer(f"{where}: the answer is no object: {answer.excerpt()}")
        return found

    def close(self) -> None:
        """Close what is connected, if anything is."""
        if (connection := self.connection.peek()) is not None:
            connection.api.close()

    def _persist(
        self,
        where: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
    ) -> Answer:
        """Ask until there is an answer worth reading, or patience ends."""
        renewed = False
        attempt = 1
        while True:
            last = attempt >= self.patience.attempts
            wait: float | None = None
            connection = self.connection.get()
            try:
                answer = self._send(connection, where, method, path, query, body)
            except Hanging:
                raise
            except Unavailable:
                if last:
                    raise
            else:
                if answer.status == 401 and not renewed:
                    # Revoked or rotated before its time; the same credentials would not do.
                    renewed = True
                    self.connection.forget()
                    continue
                wait = answer.retry_after()
                if last or answer.status not in PASSING or (wait or 0) > self.patience.longest_wait:
                    return answer
            grown = self.patience.first_wait * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
            time.sleep(wait if wait is not None else min(grown, self.patience.longest_wait))
            attempt += 1

    def _send(
        self,
        connection: Connection,
        where: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: object,
    ) -> Answer:
        api = connection.api
        request = api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params=dict(JSON),
            body=body,
            auth_settings=["BearerToken"],
            # The library sets its own host again whenever it reads the token.
            _host=connection.host,
        )
        try:
            response = api.call_api(*request, _request_timeout=self._timeout)
            return Answer(response.status, response.headers, response.read())
        except urllib3.exceptions.NewConnectionError as error:
            raise Unavailable(f"{where}: {str(error).splitlines()[0]}") from error
        except urllib3.exceptions.ConnectTimeoutError as error:
            raise Unavailable(
                f"{where}: no connection to {request[1].split('/apis/')[0]} within "
                f"{self.patience.connect:g} s"
            ) from error
        except urllib3.exceptions.TimeoutError as error:
            # Not asked again at once: that would take as long again.
            raise Hanging(f"{where}: no answer within {self.patience.read:g} s") from error
        except ApiException as error:
            raise AccessDenied(
                f"{where}: no trusted connection: {' '.join(str(error.reason).split())}; check the "
                "certificate authority in the kubeconfig"
            ) from error
        except HTTPError as error:
            raise Unavailable(f"{where}: {str(error).splitlines()[0]}") from error

    def _objects(
        self, path: str, page: Mapping[str, Any], namespaced: bool
    ) -> Iterator[dict[str, Any]]:
        # An empty list may be null, but is there: to read none where it is not would delete all.
        items = page.get("items")
        if "items" not in page or not isinstance(items, list | None):
            raise BadAnswer(f"gardener {self.name}: GET {path}: the answer holds no list of items")
        for item in items or ():
            metadata = item.get("metadata") if isinstance(item, dict) else None
            if (
                not isinstance(metadata, dict)
                or not metadata.get("name")
                or (namespaced and not metadata.get("namespace"))
            ):
                what = identify(item) if isinstance(item, dict) else "object"
                raise BadAnswer(
                    f"gardener {self.name}: GET {path}: {what} without name or namespace: "
                    f"{str(item)[:200]}"
                )
            yield item
