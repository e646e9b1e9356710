"""The input types of tables: those of GraphQL, and for links a few more of the same kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLList, GraphQLSchema

from inventory.rest.tables import Table


class Inputs:
    """Finds the types of conditions and sort keys."""

    def __init__(self, schema: Callable[[], GraphQLSchema]) -> None:
        """`schema` is called when a type is needed: making one takes longer than most exports."""
        self._schema = schema
        self._of_links: dict[str, tuple[GraphQLInputObjectType, GraphQLInputObjectType]] = {}

    def where(self, table: Table) -> GraphQLInputObjectType:
        """What `where=` takes."""
        if table.link is not None:
            return self._of_link(table)[0]
        found: GraphQLInputObjectType = self._named(f"{table.type_name}Where")
        return found

    def order(self, table: Table) -> GraphQLInputObjectType:
        """What the items of `orderBy=` are."""
        if table.link is not None:
            return self._of_link(table)[1]
        found: GraphQLInputObjectType = self._named(f"{table.type_name}OrderBy")
        return found

    def _named(self, name: str) -> Any:
        return self._schema().type_map[name]

    def _of_link(self, table: Table) -> tuple[GraphQLInputObjectType, GraphQLInputObjectType]:
        found = self._of_links.get(table.name)
        if found is None:
            found = self._of_links[table.name] = self._made(table)
        return found

    def _made(self, table: Table) -> tuple[GraphQLInputObjectType, GraphQLInputObjectType]:
        kinds: dict[str, Any] = {
            name: self._named(f"{field.kind.name}Filter") for name, field in table.fields.items()
        }

        def fields() -> dict[str, GraphQLInputField]:
            own = {
                name: GraphQLInputField(kind, description=table.fields[name].doc)
                for name, kind in kinds.items()
            }
            return own | {
                "and": GraphQLInputField(GraphQLList(where), description="all of these"),
                "or": GraphQLInputField(GraphQLList(where), description="at least one of these"),
                "not": GraphQLInputField(where, description="not this"),
            }

        where = GraphQLInputObjectType(f"{table.type_name}Where", fields, description=table.doc)
        direction: Any = self._named("OrderDirection")
        order = GraphQLInputObjectType(
            f"{table.type_name}OrderBy",
            {name: GraphQLInputField(direction, description=f"by `{name}`") for name in kinds},
            is_one_of=True,
        )
        return where, order
