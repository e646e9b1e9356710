"""One operation → one statement → the bytes of the response."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from copy import copy
from typing import Any, Protocol, cast

import orjson
import psycopg
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    get_named_type,
    get_variable_values,
    subscribe,
)
from graphql.execution.values import VariableValues
from psycopg_pool import PoolTimeout

from inventory.errors import QueryError
from inventory.graph import chosen, errors, introspection, plan
from inventory.graph.answers import Answer, Observe, Stream, Told, answered, failed, joined, refused
from inventory.graph.compile import Compiler
from inventory.graph.documents import Documents, Operation
from inventory.graph.errors import Refusal
from inventory.graph.limits import TOO_COSTLY, Budget, Limits
from inventory.graph.prepared import Prepared
from inventory.graph.read_graph import sets_of
from inventory.graph.schema import Schema
from inventory.graph.selection import Reader
from inventory.graph.values import opened, structure
from inventory.telemetry import tracing


class Database(Protocol):
    """What runs statements. `$1` stands for the first parameter; columns come as bytes."""

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""


NEEDS_STREAM = (
    "a subscription needs a stream: send `Accept: text/event-stream`, or use a WebSocket with "
    "`graphql-transport-ws`"
)


class Engine:
    """Executes operations of one schema against one database."""

    def __init__(
        self,
        schema: Schema,
        database: Database,
        limits: Limits,
        timeout: str = "10s",
        *,
        introspection: bool = True,
    ) -> None:
        self.schema = schema
        self.database = database
        self.limits = limits
        self.timeout = timeout
        self.documents = Documents(schema.graphql, limits, introspection=introspection)
        self.observe: Observe | None = None

    def on(self, database: Database) -> Engine:
        """The same engine for another database: one that shows what a caller may see."""
        other = copy(self)
        other.database = database
        return other

    async def answer(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        context: Any = None,
        *,
        only_queries: bool = False,
    ) -> Answer:
        """Execute a query or a mutation. Never raises for what a client sent."""
        found = await self.respond(
            text, variables, operation_name, context, only_queries=only_queries, streams=False
        )
        assert isinstance(found, Answer)  # noqa: S101 - streams were not asked for
        return found

    async def respond(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        context: Any = None,
        *,
        only_queries: bool = False,
        streams: bool = True,
        told: Told | None = None,
    ) -> Answer | Stream:
        """Execute an operation; a subscription answers with a stream that has not begun yet.

        `only_queries` refuses mutations, and without `streams` subscriptions are refused.
        """
        told = told or Told()
        with tracing.span("graphql") as span:
            found = await self._respond(
                told, text, dict(variables or {}), operation_name, context, only_queries, streams
            )
            if span is not tracing.NOTHING:
                told.tell(span, found)
        if self.observe is not None:
            self.observe(told, found if isinstance(found, Answer) else Answer(b""))
        return found

    async def _respond(
        self,
        told: Told,
        text: str,
        variables: dict[str, Any],
        operation_name: str | None,
        context: Any,
        only_queries: bool,
        streams: bool,
    ) -> Answer | Stream:
        try:
            operation = told.operation = self.documents.read(text).operation(operation_name)
            if operation.is_query:
                return await self._query(told, operation, variables, context)
            if operation.is_subscription:
                if not streams:
                    return refused([errors.refusal(NEEDS_STREAM, "STREAM_REQUIRED")])
                self._coerced(operation, variables)
                return self._stream(_document_of(operation, None), variables, context)
            if only_queries:
                return refused([errors.refusal("a mutation needs POST", "METHOD_NOT_ALLOWED")])
            return await self._mutation(operation, variables, context)
        except Refusal as refusal:
            return refused(refusal.errors)
        except QueryError as error:
            return refused([errors.from_query_error(error)])
        except GraphQLError as error:
            return refused([error])
        except RecursionError:
            return refused([errors.refusal("the query is nested too deeply", TOO_COSTLY)])
        except Exception as error:  # noqa: BLE001 - the last place that can hide it from clients
            return failed([errors.masked(error)])

    # -- queries ------------------------------------------------------------------------------------

    async def _query(
        self, told: Told, operation: Operation, variables: dict[str, Any], context: Any
    ) -> Answer:
        coerced = self._coerced(operation, variables)
        prepared = self._prepared(operation, coerced)
        told.rows = prepared.rows
        columns: tuple[bytes, ...] = ()
        if prepared.statement is not None:
            try:
                columns = await self.database.fetch(
                    prepared.statement.sql, prepared.parameters(coerced.coerced)
                )
            except (psycopg.Error, PoolTimeout) as error:
                return failed([errors.from_database(error, self.timeout)])
        if prepared.rest is None:
            return Answer(joined(prepared, columns))
        rest = await self._execute(prepared.rest, variables, context)
        if rest.data is None:
            return failed(rest.errors or [])
        return answered(joined(prepared, columns, rest.data), rest.errors)

    def _coerced(self, operation: Operation, variables: dict[str, Any]) -> VariableValues:
        found = get_variable_values(
            self.schema.graphql,
            operation.node.variable_definitions or (),
            variables,
            max_errors=20,
            hide_suggestions=not self.documents.introspection,
        )
        if isinstance(found, list):
            raise Refusal(found)
        return found

    def _prepared(self, operation: Operation, coerced: VariableValues) -> Prepared:
        """The plan that fits these variables: one that is known, or a new one."""
        key = _key(operation, coerced)
        known = operation.plans.get(key)
        if known is not None:
            return known
        prepared = self._prepare(operation, coerced)
        operation.keep(_key(operation, coerced), prepared)
        return prepared

    def _prepare(self, operation: Operation, coerced: VariableValues) -> Prepared:
        reader = self._reader(operation, coerced)
        query = self.schema.graphql.query_type
        assert query is not None  # noqa: S101 - every schema of ours has one
        roots: list[tuple[str, plan.Root]] = []
        others: list[FieldNode] = []
        layout: list[tuple[str, bool]] = []
        collected = reader.collect(query, [operation.node.selection_set], 1)
        for key, nodes in collected.items():
            name = nodes[0].name.value
            ours = name == "__typename" or self.schema.is_projected(name)
            layout.append((key, ours))
            if ours:
                roots.append((key, reader.root(name, nodes)))
            else:
                others += nodes
        introspection.check(others, operation.fragments)
        operation.seen.update(reader.seen)
        statement = Compiler().compile(plan.Plan(tuple(roots))) if roots else None
        rest = _document_of(operation, others) if others else None
        return Prepared(statement, tuple(layout), rest, reader.budget.rows)

    def _reader(self, operation: Operation, coerced: VariableValues) -> Reader:
        variables = VariableValues(
            coerced.sources,
            {name: opened(value, (name,)) for name, value in coerced.coerced.items()},
        )
        return Reader(
            self.schema.graphql,
            self.schema.projection,
            operation.fragments,
            variables,
            Budget(self.limits),
        )

    # -- the rest -----------------------------------------------------------------------------------

    async def _mutation(
        self, operation: Operation, variables: dict[str, Any], context: Any
    ) -> Answer:
        self._coerced(operation, variables)
        document = _document_of(operation, None)
        result = await self._execute(document, variables, context)
        if result.data is None:
            return failed(result.errors or [])
        return answered(b'{"data":' + orjson.dumps(result.data), result.errors)

    async def _stream(
        self, document: DocumentNode, variables: dict[str, Any], context: Any
    ) -> Stream:
        """The answers of a subscription. One that is refused is the last."""
        try:
            begun = subscribe(
                self.schema.graphql,
                document,
                variable_values=variables,
                context_value=context,
                hide_suggestions=not self.documents.introspection,
            )
            found = await begun if inspect.isawaitable(begun) else begun
            if isinstance(found, ExecutionResult):
                yield refused(found.errors or [])
                return
            async with aclosing(cast(AsyncGenerator[ExecutionResult], found)) as results:
                async for result in results:
                    if result.data is None:
                        yield failed(result.errors or [])
                    else:
                        data = b'{"data":' + orjson.dumps(result.data)
                        yield answered(data, result.errors)
        except QueryError as error:
            yield refused([errors.from_query_error(error)])
        except (psycopg.Error, PoolTimeout) as error:
            yield refused([errors.from_database(error, self.timeout)])
        except Exception as error:  # noqa: BLE001 - the last place that can hide it from clients
            yield refused([errors.masked(error)])

    async def _execute(
        self, document: DocumentNode, variables: dict[str, Any], context: Any
    ) -> ExecutionResult:
        result = execute(
            self.schema.graphql,
            document,
            variable_values=variables,
            context_value=context,
            hide_suggestions=not self.documents.introspection,
        )
        return await result if inspect.isawaitable(result) else result

    async def read_one(
        self, table: str, row_id: str, info: GraphQLResolveInfo[Any]
    ) -> dict[str, Any] | None:
        """Read what a field below a resolver selects of one row, by the same statements."""
        shape = self.schema.projection.by_table[table]
        root = self._reader_of(info).one(shape, f"{table}:{row_id}", list(info.field_nodes))
        statement = Compiler().compile(plan.Plan((("row", root),)))
        prepared = Prepared(statement, (), None, 0)
        (column,) = await self.database.fetch(statement.sql, prepared.parameters({}))
        found: dict[str, Any] | None = orjson.loads(column)
        return found

    def check_one(self, table: str, name: str, info: GraphQLResolveInfo[Any]) -> None:
        """Refuse what a field of this name asks of a row below a field that is to be resolved."""
        reader = self._reader_of(info)
        on = get_named_type(info.return_type)
        assert isinstance(on, GraphQLObjectType)  # noqa: S101 - a field below it was selected
        shape = self.schema.projection.by_table[table]
        for nodes in reader.collect(on, sets_of(list(info.field_nodes)), 1).values():
            if nodes[0].name.value == name:
                reader.one(shape, f"{table}:", nodes)

    def _reader_of(self, info: GraphQLResolveInfo[Any]) -> Reader:
        variables: VariableValues = info.variable_values
        return Reader(
            self.schema.graphql,
            self.schema.projection,
            info.fragments,
            variables,
            Budget(self.limits),
        )

    async def read_many(
        self, table: str, row_ids: Sequence[str], info: GraphQLResolveInfo[Any]
    ) -> list[dict[str, Any]]:
        """Read what a field below a resolver selects of some rows, the oldest first."""
        asked = chosen.rows(self._reader_of(info), table, row_ids, info.field_nodes)
        statement = Compiler().compile(asked)
        prepared = Prepared(statement, (), None, 0)
        (column,) = await self.database.fetch(statement.sql, prepared.parameters({}))
        found: list[dict[str, Any]] = orjson.loads(column)["nodes"]
        return found

    async def choose(
        self, table: str, where: dict[str, Any], states: Sequence[str], limit: int
    ) -> tuple[int, list[str]]:
        """How many rows in one of these states a `where` selects, and the ids of the first."""
        reader = Reader(
            self.schema.graphql,
            self.schema.projection,
            {},
            chosen.no_variables(),
            Budget(self.limits),
        )
        sql, parameters = chosen.selected(reader, table, where, states, limit)
        try:
            columns = await self.database.fetch(sql, parameters)
        except (psycopg.Error, PoolTimeout) as error:
            raise errors.from_database(error, self.timeout) from error
        return chosen.read_selected(columns)


def _key(operation: Operation, coerced: VariableValues) -> Any:
    return tuple(
        (name, structure(value, (name,), operation.seen)) for name, value in coerced.coerced.items()
    )


def _document_of(operation: Operation, fields: list[FieldNode] | None) -> DocumentNode:
    """The operation alone, with these root fields or with its own, and all fragments."""
    node = operation.node
    if fields is not None:
        node = OperationDefinitionNode(
            operation=node.operation,
            name=node.name,
            variable_definitions=node.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(fields)),
        )
    return DocumentNode(definitions=(node, *operation.fragments.values()))
