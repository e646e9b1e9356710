"""The wire protocols of the simulated clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """With lower-case names."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood: what it asks for, and how to answer or refuse it."""

    action: str
    """`ec2:DescribeVpcs`, `garden:list-shoots`, `seed:list-machines`."""
    scope: str
    """`111122223333/eu-central-1`, `garden`, or the name of a seed."""
    page: int
    """1 for a first page, 2 and more for those that a token asked for."""
    answer: Callable[[], Response]
    refuse: Callable[[int, str], Response]
    """An error of this protocol, by HTTP status and message."""
    garbage: Response
    """A well-formed answer of the wrong shape."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a fault pattern may match, the general ones first."""
        scoped = f"{self.action}@{self.scope}"
        return self.action, scoped, f"{self.action}#{self.page}", f"{scoped}#{self.page}"
