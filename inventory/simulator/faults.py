"""What can go wrong, on purpose: set at the start or while the simulator runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from inventory.simulator.wire import Call

ALWAYS = -1
Patterns = dict[str, int]


@dataclass
class Faults:
    """Patterns name calls as the request log does, and may use `*`.

    `ec2:DescribeVpcs` is every such call, `ec2:DescribeVpcs@111122223333/eu-central-1` those of one
    scope, and `ec2:DescribeVpcs#2` every second page. A pattern maps to how often it strikes (-1 or
    absent: always).
    """

    latency_ms: float = 0
    """Added to every call."""
    throttle_every: int = 0
    """Every Nth call is refused: RequestLimitExceeded (503) by AWS, 429 with Retry-After by the others."""
    forbidden_regions: list[str] = field(default_factory=list)
    """`<account>/<region>`: refused by EC2, but for DescribeRegions, and by load balancing."""
    unreachable_zones: list[str] = field(default_factory=list)
    """`<project>/<zone>` of Google Cloud: missing from aggregated lists, among their `unreachables`;
    whoever does not ask for partial success is refused."""
    failing_seeds: dict[str, int] = field(default_factory=dict)
    """The HTTP status that a seed's API answers with: 503, 403, 404 …"""
    errors: dict[str, int] = field(default_factory=dict)
    """Pattern to the HTTP status that it is answered with."""
    expire_continue: int = 0
    """How many of the next Kubernetes continue tokens are answered with 410 Expired."""
    truncate: Patterns = field(default_factory=dict)
    """The connection ends in the middle of the body."""
    hang: Patterns = field(default_factory=dict)
    """The request is read and never answered."""
    garbage: Patterns = field(default_factory=dict)
    """The answer is well-formed and of the wrong shape."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Faults:
        """Check names and types of values that come from outside. Raises ValueError."""
        return cls().updated(values)

    def updated(self, values: Mapping[str, Any]) -> Faults:
        """Return these faults with some replaced; what is not named stays. Raises ValueError."""
        known = {f.name for f in dataclasses.fields(self)}
        if unknown := sorted(set(values) - known):
            raise ValueError(
                f"no fault is named {unknown[0]!r}; there are {', '.join(sorted(known))}"
            )
        return dataclasses.replace(self, **{name: _value(name, v) for name, v in values.items()})

    @property
    def unreachable_regions(self) -> list[tuple[str, str]]:
        pairs = [region.partition("/") for region in self.forbidden_regions]
        return [(account, region) for account, _, region in pairs]

    def strikes(self, patterns: Patterns, call: Call) -> bool:
        """Whether a pattern matches, counting down how often it may."""
        for pattern, times in patterns.items():
            if times and any(fnmatchcase(name, pattern) for name in call.names):
                if times > 0:
                    patterns[pattern] = times - 1
                return True
        return False

    def status(self, call: Call) -> int | None:
        """The HTTP status to refuse a call with, if it is to be refused."""
        for pattern, status in self.errors.items():
            if any(fnmatchcase(name, pattern) for name in call.names):
                return status
        if (
            call.action.startswith(("ec2:", "elb:", "elbv2:"))
            and call.action != "ec2:DescribeRegions"
        ):
            return 403 if call.scope in self.forbidden_regions else None
        if call.action.startswith("seed:"):
            return self.failing_seeds.get(call.scope)
        return None


def _value(name: str, value: Any) -> Any:
    if name in ("latency_ms", "throttle_every", "expire_continue"):
        if isinstance(value, bool | int | float) and value >= 0:
            return value if name == "latency_ms" else int(value)
        raise ValueError(f"{name} is a number of at least 0, not {value!r}")
    if name in ("forbidden_regions", "unreachable_zones"):
        return list(_strings(name, value))
    default = {"failing_seeds": 503, "errors": 500}.get(name, ALWAYS)
    if isinstance(value, Mapping):
        if all(isinstance(number, int) for number in value.values()):
            return {str(pattern): number for pattern, number in value.items()}
        raise ValueError(f"{name} maps names to numbers, and {value!r} does not")
    return dict.fromkeys(_strings(name, value), default)


def _strings(name: str, value: Any) -> Iterable[str]:
    values = [value] if isinstance(value, str) else value
    if isinstance(values, list | tuple | set) and all(isinstance(v, str) for v in values):
        return values
    raise ValueError(f"{name} is a name or a list of names, not {value!r}")
