"""The part of a source that one collector reads at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Protocol

from inventory.errors import PayloadError, SourceError


@dataclass(frozen=True)
class Scope:
    """What one call can list: a region of an account, a project, a seed. Unit of fan-out and of
    failure.

    Subclasses are frozen dataclasses whose fields are text.  A scope without fields is the whole
    source and is called by its `whole`.
    """

    whole: ClassVar[str] = "all"

    def __str__(self) -> str:
        return "/".join(asdict(self).values()) or self.whole

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its fields, which are also the keys of a collector's payload."""
        return tuple(field.name for field in fields(cls))

    def within(self, payload: dict[str, Any]) -> bool:
        """Whether this scope is one of those that a payload names; an empty payload names all."""
        return all(
            getattr(self, name) == payload[name] for name in self.names() if payload.get(name)
        )

    @classmethod
    def named(cls, payload: dict[str, Any]) -> Scope | None:
        """The one scope that a payload names in full, or None where it leaves a field open."""
        values = [payload.get(name) for name in cls.names()]
        if any(value is not None and not isinstance(value, str) for value in values):
            raise PayloadError(f"{', '.join(cls.names())} must be text, not {values!r}")
        return cls(*values) if all(values) else None


@dataclass(frozen=True)
class FailedScope:
    """Scopes that could not even be listed, such as the regions of an account with a bad
    credential.
    """

    name: str
    error: SourceError


class SourceClient(Protocol):
    """A connected source. May be used by several threads at once."""

    def scopes(self, kind: type[Scope]) -> Iterator[Scope | FailedScope]:
        """Yield the scopes of a kind. What cannot be listed is yielded as FailedScope and stops
        nothing else.
        """

    def open(self, scope: Scope) -> AbstractContextManager[Any]:
        """Open a scope for one collector; what it yields is the collector's argument."""

    def close(self) -> None:
        """Give back what the client holds."""
