"""GraphQL selection sets → plan. Aliases, fragments, @skip and @include are settled here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
)
from graphql.execution.values import VariableValues
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective, is_abstract_type

from inventory.graph import arguments, plan, read_graph
from inventory.graph.edges import Edge
from inventory.graph.explain import read_explain
from inventory.graph.limits import Budget
from inventory.graph.plan_graph import AnyNode
from inventory.graph.projection import EDGES, Projection, Shape, Union
from inventory.graph.read_aggregates import read_aggregate, read_groups
from inventory.graph.read_graph import sets_of
from inventory.graph.resources import narrowed
from inventory.graph.search import read_search
from inventory.graph.values import Look, Open, Path, as_value, tables

SelectionSets = Iterable[SelectionSetNode]
LINK_FIELDS = ("rule", "createdAt", "confirmedAt")
RESOURCE_FIELDS = ("displayName", "provider", "firstSeenAt", "lastSeenAt")

GRAPH: dict[str, Callable[[Any, dict[str, Any], list[FieldNode]], plan.Root]] = {
    "explainLink": read_explain,
    "paths": read_graph.read_paths,
    "reachable": read_graph.read_reachable,
    "search": read_search,
}
"""Root fields that concern any kind of object."""


class Reader:
    """Reads the root fields of one operation into a plan, spending a budget as it goes."""

    def __init__(
        self,
        schema: GraphQLSchema,
        projection: Projection,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        budget: Budget,
    ) -> None:
        self.schema = schema
        self.projection = projection
        self.fragments = fragments
        self.variables = variables
        self.budget = budget
        self.seen: dict[Path, Look] = {}
        """How the plan depends on variables that were looked into."""

    # -- roots --------------------------------------------------------------------------------------

    def root(self, name: str, nodes: list[FieldNode]) -> plan.Root:
        """Read a root field of the projection."""
        if name == "__typename":
            return plan.TypeName("Query")
        query = self.schema.query_type
        assert query is not None  # noqa: S101 - every schema of ours has one
        values = self.values(query.fields[name], nodes[0])
        if name == "node":
            return self._by_id(values["id"], nodes)
        if name == "nodes":
            return self._by_ids(values["ids"], nodes)
        if name in GRAPH:
            return GRAPH[name](self, values, nodes)
        if name in self.projection.one:
            return self.one(self.projection.one[name], values["id"], nodes)
        shape = self._narrowed(self.projection.many[name], values.get("where"))
        base = self.projection.bases.get(name)
        type_name = f"{shape.name}Connection"
        return self.connection(shape, None, values, nodes, type_name, 1, 1, base)

    def _narrowed(self, shape: Shape, where: Any) -> Shape:
        """What a list of any kind is a list of, if its condition says so at the top."""
        asked = (where or {}).get("kind") if isinstance(shape, Union) else None
        if not asked:
            return shape
        assert isinstance(shape, Union)  # noqa: S101 - asked above
        for operator in ("eq", "in"):
            given = arguments.members(self, asked.get(operator))
            if given is not None:
                shape = narrowed(shape, [given] if isinstance(given, str) else given)
        return shape

    def one(self, shape: Shape, given: Any, nodes: list[FieldNode]) -> plan.One:
        """Read an object that is found by its global id."""
        self.budget.spend_rows(1)
        row_id = plan.RowId(as_value(given), shape.table)
        return plan.One(row_id, self.object(shape, sets_of(nodes), 1, 2))

    def _by_id(self, given: Any, nodes: list[FieldNode]) -> plan.One | plan.Nothing:
        text = self.look(given, tables)
        shape = self.projection.by_table.get(text.partition(":")[0])
        return plan.Nothing() if shape is None else self.one(shape, given, nodes)

    def _by_ids(self, given: Any, nodes: list[FieldNode]) -> plan.ListOf:
        # The list itself may be open; each of its items then is, at its place.
        items = self.look(given, tables)
        self.budget.check_ids(len(items))
        if isinstance(given, Open):
            each = [Open(item, (*given.path, place)) for place, item in enumerate(items)]
        else:
            each = given
        return plan.ListOf(tuple(self._by_id(item, nodes) for item in each))

    # -- objects ------------------------------------------------------------------------------------

    def node(
        self, shape: Shape, sets: SelectionSets, rows: int, depth: int
    ) -> plan.ObjectSelection | AnyNode:
        """Read the selections on a row of a list, whose kind may be open."""
        if isinstance(shape, Union):
            kinds = [each.model for each in shape.shapes]
            return read_graph.any_node(self, kinds, sets, rows, depth)
        return self.object(shape, sets, rows, depth)

    def object(
        self, shape: Shape, sets: SelectionSets, rows: int, depth: int
    ) -> plan.ObjectSelection:
        """Read the selections on an object, of which up to `rows` are asked for."""
        fields: list[tuple[str, plan.Field]] = []
        definition = self.object_type(shape.name)
        for key, nodes in self.collect(definition, sets, depth).items():
            name = nodes[0].name.value
            fields.append((key, self._object_field(shape, definition, name, nodes, rows, depth)))
        return plan.ObjectSelection(shape, tuple(fields))

    def _object_field(
        self,
        shape: Shape,
        definition: GraphQLObjectType,
        name: str,
        nodes: list[FieldNode],
        rows: int,
        depth: int,
    ) -> plan.Field:
        if name == "__typename":
            return plan.TypeName(shape.name)
        if name == "id" or (shape.is_resource and name in RESOURCE_FIELDS):
            return plan.Special(name)
        if name in shape.leaves:
            return plan.Column(shape.leaves[name])
        if name in shape.edges:
            edge = shape.edges[name]
            there = self.projection.shapes[edge.there]
            if edge.one:
                self.budget.spend_rows(rows)
                return plan.ToOne(edge, self.object(there, sets_of(nodes), rows, depth + 1))
            values = self.values(definition.fields[name], nodes[0])
            type_name = str(definition.fields[name].type).rstrip("!")
            return plan.Many(
                self.connection(there, edge, values, nodes, type_name, rows, depth + 1)
            )
        if name == EDGES:
            return plan.Many(read_graph.read_edges(self, shape, nodes, rows, depth + 1))
        if name in shape.model.points:
            return self._pointed(shape, name, nodes, rows, depth)
        edge = shape.edges[name.removesuffix("Edge")]
        self.budget.spend_rows(rows)
        type_name = str(definition.fields[name].type).rstrip("!")
        return plan.ToOne(edge, self.edge(edge, sets_of(nodes), type_name, rows, depth + 1))

    def _pointed(
        self, shape: Shape, name: str, nodes: list[FieldNode], rows: int, depth: int
    ) -> plan.Pointed:
        """Read the selections on an object of any kind, once for each kind that it may be."""
        self.budget.spend_rows(rows)
        table_column, id_column = shape.model.points[name]
        return plan.Pointed(
            table_column,
            id_column,
            tuple(
                self.object(kind, sets_of(nodes), rows, depth + 1)
                for kind in self.projection.pointed
            ),
        )

    # -- connections --------------------------------------------------------------------------------

    def connection(
        self,
        shape: Shape,
        edge: Edge | None,
        values: dict[str, Any],
        nodes: list[FieldNode],
        type_name: str,
        rows: int,
        depth: int,
        base: str | None = None,
    ) -> plan.Connection:
        """Read a connection below `rows` parents."""
        order = arguments.read_order(self, shape, values.get("orderBy"))
        cursor_key = arguments.cursor_key(type_name, order)
        page = arguments.read_page(self, values, order, cursor_key)
        definition = self.object_type(type_name)
        collected = self.collect(definition, sets_of(nodes), depth)
        lists = {"edges", "nodes", "pageInfo"}
        parents, rows = rows, rows * page.limit
        if any(found[0].name.value in lists for found in collected.values()):
            self.budget.spend_rows(rows)
        parts = tuple(
            (key, self._part(shape, edge, definition, found, parents, rows, depth))
            for key, found in collected.items()
        )
        return plan.Connection(
            shape=shape,
            edge=edge,
            where=arguments.read_where(self, shape, values.get("where")),
            link=arguments.read_link_where(self, values.get("link")),
            order=order,
            page=page,
            parts=parts,
            type_name=type_name,
            cursor_key=cursor_key,
            base=base,
        )

    def _part(
        self,
        shape: Shape,
        edge: Edge | None,
        definition: GraphQLObjectType,
        nodes: list[FieldNode],
        parents: int,
        rows: int,
        depth: int,
    ) -> plan.Part:
        match nodes[0].name.value:
            case "__typename":
                return plan.TypeName(definition.name)
            case "edges":
                field_type = str(definition.fields["edges"].type).strip("[]!")
                return plan.Edges(self.edge(edge, sets_of(nodes), field_type, rows, depth, shape))
            case "nodes":
                return plan.Nodes(self.node(shape, sets_of(nodes), rows, depth + 1))
            case "pageInfo":
                return self.page_info(nodes, depth)
            case "aggregate":
                return read_aggregate(self, shape, nodes, depth)
            case "groups":
                return read_groups(self, shape, definition, nodes, parents, depth)
            case special:
                return plan.Special(special)

    def edge(
        self,
        edge: Edge | None,
        sets: SelectionSets,
        type_name: str,
        rows: int,
        depth: int,
        shape: Shape | None = None,
    ) -> plan.EdgeSelection:
        """Read the selections on an edge; one of a root has no link behind it."""
        fields: list[tuple[str, Any]] = []
        there = shape or self.projection.shapes[edge.there]  # type: ignore[union-attr]
        for key, nodes in self.collect(self.object_type(type_name), sets, depth).items():
            name = nodes[0].name.value
            if name == "__typename":
                fields.append((key, plan.TypeName(type_name)))
            elif name == "node":
                fields.append((key, self.node(there, sets_of(nodes), rows, depth + 1)))
            elif name == "matchedOn":
                fields.append((key, self.matched(nodes, depth)))
            elif name == "run":
                fields.append((key, read_graph.read_run(self, nodes, rows, depth + 1)))
            else:
                fields.append((key, plan.Special(name)))
        return plan.EdgeSelection(tuple(fields))

    def matched(self, nodes: list[FieldNode], depth: int) -> plan.Matched:
        collected = self.collect(self.object_type("MatchedValue"), sets_of(nodes), depth)
        return plan.Matched(tuple((key, found[0].name.value) for key, found in collected.items()))

    def page_info(self, nodes: list[FieldNode], depth: int) -> plan.PageInfo:
        return plan.PageInfo(
            tuple(
                (key, plan.TypeName("PageInfo") if name == "__typename" else plan.Special(name))
                for key, name, _ in self.selected("PageInfo", nodes, depth)
            )
        )

    # -- helpers ------------------------------------------------------------------------------------

    def look(self, value: Any, how: Look) -> Any:
        """The value itself, where the plan depends on it in the way that `how` tells."""
        if isinstance(value, Open):
            self.seen[value.path] = how
            return value.value
        return value

    def values(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        return get_argument_values(field, node, self.variables)

    def selected(
        self, type_name: str, nodes: list[FieldNode], depth: int
    ) -> Iterator[tuple[str, str, list[FieldNode]]]:
        """The fields below some nodes: response key, name, and the nodes of each."""
        collected = self.collect(self.object_type(type_name), sets_of(nodes), depth)
        return ((key, found[0].name.value, found) for key, found in collected.items())

    def collect(
        self, on: GraphQLObjectType, sets: SelectionSets, depth: int
    ) -> dict[str, list[FieldNode]]:
        """The fields of selection sets by response key, in the order of their first appearance."""
        self.budget.check_depth(depth)
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selections in sets:
            self._collect(on, selections, found, visited)
        return found

    def _collect(
        self,
        on: GraphQLObjectType,
        selections: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for selection in selections.selections:
            self.budget.spend_field()
            if selection.directives and not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                found.setdefault(key, []).append(selection)
                continue
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in visited:
                    continue
                visited.add(name)
                fragment: Any = self.fragments[name]
            else:
                fragment = selection
            if self._applies(fragment.type_condition, on):
                self._collect(on, fragment.selection_set, found, visited)

    def _included(self, selection: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, selection, self.variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, selection, self.variables)
        return not include or bool(include["if"])

    def _applies(self, condition: Any, on: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == on.name:
            return True
        other = self.schema.type_map[condition.name.value]
        return is_abstract_type(other) and self.schema.is_sub_type(other, on)

    def object_type(self, name: str) -> GraphQLObjectType:
        found = self.schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)  # noqa: S101 - names come from the schema
        return found
