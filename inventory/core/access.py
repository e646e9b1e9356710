"""Who asks, what they may do, and which part of everything they may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

Role = Literal["viewer", "operator"]


@dataclass(frozen=True)
class Pattern:
    """Some scopes of a source: `account` and `scope` are globs over those columns of the scope
    ledger, and what is None is not asked for.
    """

    source: str
    account: str | None = None
    scope: str | None = None
    but: tuple[str, ...] = ()
    """Scopes that it does not mean, though a glob matches them."""


@dataclass(frozen=True)
class Restriction:
    """The part of everything that a caller may see, as globs over scopes: `*` is any text, `?` any
    character.

    A source that is named is seen as a whole, unless parts of it are named too, which then is all
    that is seen of it.  What no entry names is not seen.
    """

    sources: tuple[str, ...] = ()
    """Sources, such as `aws` or `g`; exact."""
    accounts: tuple[str, ...] = ()
    """Accounts of AWS."""
    projects: tuple[str, ...] = ()
    """Projects of Google Cloud."""
    subscriptions: tuple[str, ...] = ()
    """Subscriptions of Azure."""
    seeds: tuple[str, ...] = ()
    """Seeds of Gardener, with what their own API holds."""
    scopes: tuple[str, ...] = ()
    """Anything, as `source/scope`: `aws/111122223333/eu-*`, `g/garden`."""

    PARTS = (("accounts", "aws"), ("projects", "gcp"), ("subscriptions", "az"))
    GARDEN = ("garden", "++garden++")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def patterns(self) -> tuple[Pattern, ...]:
        """The same as patterns, of which one must hold for a scope to be seen."""
        parts = tuple(self._parts())
        narrowed = {part.source for part in parts}
        whole = tuple(Pattern(source) for source in self.sources if source not in narrowed)
        return whole + parts

    def _parts(self) -> Iterator[Pattern]:
        for name, source in self.PARTS:
            for glob in getattr(self, name):
                yield Pattern(source, account=glob)
        for glob in self.seeds:
            yield Pattern("g", scope=glob, but=self.GARDEN)
        for glob in self.scopes:
            source, _, scope = glob.partition("/")
            yield Pattern(source, scope=scope)

    def named_sources(self) -> set[str]:
        """Every source that an entry names."""
        return {pattern.source for pattern in self.patterns()}


@dataclass(frozen=True)
class Caller:
    """Who asks. A restricted caller is a viewer."""

    name: str
    role: Role
    restriction: Restriction | None = None

    def __post_init__(self) -> None:
        if self.restriction is not None and self.role != "viewer":
            raise ValueError(f"{self.name} is restricted and no viewer")


ANYONE = Caller("anyone", "operator")
"""Who asks where nobody is asked who they are: loopback, or a proxy in front that asks."""
