"""Every metric that there is: for the documentation, and to check who asks for them."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.metrics import MetricWrapperBase

from inventory.telemetry.meters import Meters, pool_families
from inventory.telemetry.original import GAUGES
from inventory.telemetry.state import families


@dataclass(frozen=True)
class Described:
    """A metric as it is scraped; a histogram has `_bucket`, `_sum` and `_count`."""

    name: str
    kind: str
    labels: tuple[str, ...]
    doc: str
    is_state: bool
    """Whether it is what the database says, told by the API alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a query may use."""
        parts = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return tuple(self.name + part for part in parts)


def described() -> list[Described]:
    """All of them, those of processes first."""
    meters = Meters("api")
    own = [value for value in vars(meters).values() if isinstance(value, MetricWrapperBase)]
    found = [
        Described(
            each._name + ("_total" if each._type == "counter" else ""),
            str(each._type),
            tuple(each._labelnames),
            each._documentation,
            False,
        )
        for each in own
    ]
    for family, is_state in [(f, False) for f in pool_families()] + [(f, True) for f in families()]:
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = tuple(getattr(family, "_labelnames", ()))
        found.append(Described(name, family.type, labels, family.documentation, is_state))
    old = [
        Described(f"inventory_{name}", "gauge", labels, f"Rows of `{model}`.", True)
        for model, (name, labels) in GAUGES.items()
    ]
    return found + old
