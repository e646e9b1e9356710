"""Requests to one of Google's APIs, with patience: as plain JSON.

The typed objects of Google's libraries cost fifteen times as much, and the libraries cannot ask for partial answers any
more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import requests
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession

from inventory.errors import AccessDenied, BadAnswer, Unavailable
from inventory.sources.gcp.client.credentials import Credential
from inventory.sources.gcp.client.failures import Answer, first_line, refusal
from inventory.sources.gcp.constants import Call

authorized: Any = AuthorizedSession


@dataclass(frozen=True)
class Patience:
    """How long an API is waited for."""

    connect: float = 5
    read: float = 60
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20


class Hanging(Unavailable):
    """An API took a request and did not answer in time."""


class Session:
    """Connections to the API of one service, for one reader."""

    def __init__(
        self, place: str, host: str, credential: Credential, user_agent: str, patience: Patience
    ) -> None:
        self.place = place
        self.host = host
        self.credential = credential
        self.patience = patience
        # Google compresses its answers only for those who say so here as well.
        self.headers = {"User-Agent": f"{user_agent} (gzip)", "Accept": "application/json"}
        self._session: Any = None

    def call(
        self, call: Call, path: str, query: Mapping[str, str] | None = None, body: object = None
    ) -> dict[str, Any]:
        """Send a request and read the object that it answers."""
        where = f"{self.place}: {call.permission}"
        answer = self._persist(where, path, query, body)
        if not answer.ok:
            raise refusal(where, call.permission, self.credential.name, answer)
        try:
            found = answer.json()
        except orjson.JSONDecodeError as error:
            raise BadAnswer(f"{where}: the answer is no JSON: {answer.excerpt()}") from error
        if not isinstance(found, dict):
            raise BadAnswer(f"{where}: the answer is no object: {answer.excerpt()}")
        return found

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _persist(
        self, where: str, path: str, query: Mapping[str, str] | None, body: object
    ) -> Answer:
        """Ask until there is an answer worth reading, or patience ends."""
        attempt = 1
        while True:
            last = attempt >= self.patience.attempts
            wait: float | None = None
            try:
                answer = self._send(where, path, query, body)
            except Hanging:
                raise
            except Unavailable:
                if last:
                    raise
            else:
                wait = answer.retry_after()
                if last or not answer.passing or (wait or 0) > self.patience.longest_wait:
                    return answer
            grown = self.patience.first_wait * 2 ** (attempt - 1) * random.uniform(0.5, 1)  # noqa: S311
            time.sleep(wait if wait is not None else min(grown, self.patience.longest_wait))
            attempt += 1

    def _send(self, where: str, path: str, query: Mapping[str, str] | None, body: object) -> Answer:
        if self._session is None:
            self._session = authorized(self.credential.get())
        try:
            response = self._session.request(
                "GET" if body is None else "POST",
                self.host + path,
                headers=dict(self.headers),
                params=query,
                json=body,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=False,
            )
            return Answer(response)
        except TransportError as error:
            raise Unavailable(
                f"{where}: no access token for gcp.credentials.{self.credential.name}: "
                f"{first_line(error)}"
            ) from error
        except GoogleAuthError as error:
            told = (
                f"{where}: no access token for gcp.credentials.{self.credential.name}: "
                f"{first_line(error)}"
            )
            if error.retryable:
                raise Unavailable(told) from error
            raise AccessDenied(f"{told}; check the credential and the clock") from error
        except requests.exceptions.SSLError as error:
            raise AccessDenied(
                f"{where}: no trusted connection to {self.host}: {first_line(error)}; check "
                "REQUESTS_CA_BUNDLE"
            ) from error
        except requests.exceptions.ConnectTimeout as error:
            raise Unavailable(
                f"{where}: no connection to {self.host} within {self.patience.connect:g} s"
            ) from error
        except requests.exceptions.Timeout as error:
            # Not asked again at once: that would take as long again.
            raise Hanging(f"{where}: no answer within {self.patience.read:g} s") from error
        except requests.exceptions.RequestException as error:
            raise Unavailable(f"{where}: {first_line(error)}") from error
        except (TypeError, ValueError, LookupError) as error:
            # The library reads a token from whatever text it is answered.
            raise BadAnswer(
                f"{where}: no access token for gcp.credentials.{self.credential.name}: the answer "
                "to the request for one holds none"
            ) from error
