"""One operation → one statement → the bytes of the response."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import orjson
import psycopg
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from psycopg_pool import PoolTimeout

from inventory.errors import QueryError
from inventory.graph import errors, introspection, plan
from inventory.graph.compile import Compiler
from inventory.graph.documents import Documents, Operation
from inventory.graph.errors import Refusal
from inventory.graph.limits import TOO_COSTLY, Budget, Limits
from inventory.graph.prepared import Prepared
from inventory.graph.schema import Schema
from inventory.graph.selection import Reader
from inventory.graph.values import opened, structure


class Database(Protocol):
    """What runs statements. `$1` stands for the first parameter; columns come as bytes."""

    async def fetch(self, sql: str, parameters: list[Any]) -> tuple[bytes, ...]:
        """Run a statement that answers one row, and return its columns."""


@dataclass(frozen=True)
class Answer:
    """A response: its JSON, and whether the request was refused before it was executed."""

    body: bytes
    refused: bool = False
    code: str | None = None
    """The code of the first error, if there is one."""


@dataclass(slots=True)
class Told:
    """What became known of an operation while it was answered, for those who watch."""

    operation: Operation | None = None
    rows: int = 0
    """Its cost: how many rows it may yield."""
    began: float = field(default_factory=perf_counter)

    @property
    def kind(self) -> str:
        """`query` or `mutation`, or `none` for what is no operation."""
        return self.operation.node.operation.value if self.operation else "none"

    @property
    def name(self) -> str | None:
        """As the client calls it."""
        named = self.operation.node.name if self.operation else None
        return named.value if named else None

    @property
    def seconds(self) -> float:
        """Since it came."""
        return perf_counter() - self.began


Observe = Callable[[Told, Answer], None]


class Engine:
    """Executes operations of one schema against one database."""

    def __init__(
        self, schema: Schema, database: Database, limits: Limits, timeout: str = "10s"
    ) -> None:
        self.schema = schema
        self.database = database
        self.limits = limits
        self.timeout = timeout
        self.documents = Documents(schema.graphql, limits)
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
        """Execute an operation. Never raises for what a client sent."""
        told = Told()
        answer = await self._answer(
            told, text, dict(variables or {}), operation_name, context, only_queries=only_queries
        )
        if self.observe is not None:
            self.observe(told, answer)
        return answer

    async def _answer(
        self,
        told: Told,
        text: str,
        variables: dict[str, Any],
        operation_name: str | None,
        context: Any,
        *,
        only_queries: bool,
    ) -> Answer:
        try:
            operation = told.operation = self.documents.read(text).operation(operation_name)
            if only_queries and not operation.is_query:
                return _refused([errors.refusal("a mutation needs POST", "METHOD_NOT_ALLOWED")])
            if operation.is_query:
                return await self._query(told, operation, variables, context)
            return await self._mutation(operation, variables, context)
        except Refusal as refused:
            return _refused(refused.errors)
        except QueryError as error:
            return _refused([errors.from_query_error(error)])
        except GraphQLError as error:
            return _refused([error])
        except RecursionError:
            return _refused([errors.refusal("the query is nested too deeply", TOO_COSTLY)])
        except Exception as error:  # noqa: BLE001 - the last place that can hide it from clients
            return _failed([errors.masked(error)])

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
                failed = errors.from_database(error, self.timeout)
                return _failed([failed])
        if prepared.rest is None:
            return Answer(_joined(prepared, columns))
        rest = await self._execute(prepared.rest, variables, context)
        if rest.data is None:
            return _failed(rest.errors or [])
        return _answered(_joined(prepared, columns, rest.data), rest.errors)

    def _coerced(self, operation: Operation, variables: dict[str, Any]) -> VariableValues:
        found = get_variable_values(
            self.schema.graphql,
            operation.node.variable_definitions or (),
            variables,
            max_errors=20,
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
            return _failed(result.errors or [])
        return _answered(b'{"data":' + orjson.dumps(result.data), result.errors)

    async def _execute(
        self, document: DocumentNode, variables: dict[str, Any], context: Any
    ) -> ExecutionResult:
        result = execute(
            self.schema.graphql, document, variable_values=variables, context_value=context
        )
        return await result if inspect.isawaitable(result) else result

    async def read_one(
        self, table: str, row_id: str, info: GraphQLResolveInfo[Any]
    ) -> dict[str, Any] | None:
        """Read what a field below a resolver selects of one row, by the same statements."""
        variables: VariableValues = info.variable_values
        reader = Reader(
            self.schema.graphql,
            self.schema.projection,
            info.fragments,
            variables,
            Budget(self.limits),
        )
        shape = self.schema.projection.by_table[table]
        root = reader.one(shape, f"{table}:{row_id}", list(info.field_nodes))
        statement = Compiler().compile(plan.Plan((("row", root),)))
        prepared = Prepared(statement, (), None, 0)
        (column,) = await self.database.fetch(statement.sql, prepared.parameters({}))
        found: dict[str, Any] | None = orjson.loads(column)
        return found


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


def _joined(
    prepared: Prepared, columns: tuple[bytes, ...], rest: dict[str, Any] | None = None
) -> bytes:
    """The response up to its last brace: what PostgreSQL wrote goes through unread."""
    parts = [b'{"data":{']
    written = iter(columns)
    for place, (key, ours) in enumerate(prepared.layout):
        value = next(written) if ours else orjson.dumps((rest or {})[key])
        parts += [b"," if place else b"", b'"', key.encode(), b'":', value]
    parts.append(b"}" if rest is not None else b"}}")
    return b"".join(parts)


def _answered(unclosed: bytes, found: list[GraphQLError] | None) -> Answer:
    if not found:
        return Answer(unclosed + b"}")
    shown = [errors.formatted(error) for error in found]
    return Answer(unclosed + b',"errors":' + orjson.dumps(shown) + b"}", code=_code(shown))


def _failed(found: list[GraphQLError]) -> Answer:
    shown = [errors.formatted(error) for error in found]
    return Answer(orjson.dumps({"errors": shown, "data": None}), code=_code(shown))


def _refused(found: Any) -> Answer:
    shown = [errors.formatted(error) for error in found]
    return Answer(orjson.dumps({"errors": shown}), refused=True, code=_code(shown))


def _code(shown: list[dict[str, Any]]) -> str | None:
    code: str | None = shown[0]["extensions"]["code"] if shown else None
    return code
