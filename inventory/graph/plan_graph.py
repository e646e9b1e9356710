"""What an operation asks of the graph of all kinds: paths, what can be reached, edges of any kind."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.core.model import Model
from inventory.graph import plan
from inventory.graph.relations import Graph, Step
from inventory.graph.traversal import Bounds, Terrain


@dataclass(frozen=True)
class AnyNode:
    """An object of any of several kinds, with the selections for each."""

    selects: tuple[plan.ObjectSelection, ...]


@dataclass(frozen=True)
class RunOf:
    """The run that last confirmed an edge."""

    select: plan.ObjectSelection


StepField = plan.TypeName | plan.Special | plan.Matched | AnyNode | RunOf


@dataclass(frozen=True, eq=False)
class StepSelection:
    """Fields of an edge of any kind, which one of `steps` is."""

    graph: Graph
    steps: tuple[Step, ...]
    fields: tuple[tuple[str, StepField], ...]


@dataclass(frozen=True)
class PathList:
    """The paths of a search, and what is asked of each: its length, its steps."""

    fields: tuple[tuple[str, plan.TypeName | plan.Special | StepSelection], ...]


@dataclass(frozen=True, eq=False)
class Paths:
    """A search for paths between two rows."""

    terrain: Terrain
    start: type[Model]
    end: type[Model]
    from_id: plan.RowId
    to_id: plan.RowId
    length: int
    first: int
    bounds: Bounds
    fields: tuple[tuple[str, plan.TypeName | plan.Special | PathList], ...]


@dataclass(frozen=True)
class ReachedList:
    """What a walk came to: its distance, the object."""

    fields: tuple[tuple[str, plan.TypeName | plan.Special | AnyNode], ...]


@dataclass(frozen=True)
class CountList:
    """How many rows of each kind a walk came to."""

    fields: tuple[tuple[str, plan.TypeName | plan.Special], ...]


@dataclass(frozen=True, eq=False)
class Reachable:
    """A walk from a row to all rows of some kinds."""

    terrain: Terrain
    start: type[Model]
    from_id: plan.RowId
    kinds: tuple[type[Model], ...]
    depth: int
    first: int
    bounds: Bounds
    fields: tuple[tuple[str, plan.TypeName | plan.Special | ReachedList | CountList], ...]
