"""Documents: parsed and validated once, and kept with the plans of their operations."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValidationRule,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.error import GraphQLSyntaxError

from inventory.graph import overlaps
from inventory.graph.errors import Refusal, refusal
from inventory.graph.limits import TOO_COSTLY, Limits
from inventory.graph.prepared import Prepared
from inventory.graph.values import Look, Path

MAX_ERRORS = 10
"""To find what a client may have meant takes 10 ms for each of them."""
VARIABLES = 300
"""Validation compares them with each other."""
KEPT_CHARACTERS = 1_000_000
"""A document takes some 130 bytes of memory for each of its characters, and its plans as much."""
TOO_LONG = "tokens. Parsing aborted."
"""How graphql-core ends the message that it stopped reading."""
LONG_NUMBER = re.compile(r"\d{310}")
KEPT_PLANS = 64


@dataclass(eq=False)
class Operation:
    """One operation of a document, and the plans that requests of it needed so far."""

    node: OperationDefinitionNode
    document: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    plans: OrderedDict[Any, Prepared] = field(default_factory=OrderedDict)
    seen: dict[Path, Look] = field(default_factory=dict)

    @property
    def is_query(self) -> bool:
        return self.node.operation is OperationType.QUERY

    @property
    def is_subscription(self) -> bool:
        return self.node.operation is OperationType.SUBSCRIPTION

    def keep(self, key: Any, prepared: Prepared) -> None:
        self.plans[key] = prepared
        if len(self.plans) > KEPT_PLANS:
            self.plans.popitem(last=False)


@dataclass(eq=False)
class Document:
    """A valid document."""

    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """The operation of that name, or the only one. Raises Refusal."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        known = ", ".join(sorted(filter(None, self.operations)))
        if name is None:
            wanted = (
                f"the document has several operations; send operationName, one of: {known}"
                if self.operations
                else "the document has no operation; it needs a query or a mutation"
            )
            raise Refusal([refusal(wanted, "OPERATION_RESOLUTION_FAILURE")])
        if name not in self.operations:
            raise Refusal(
                [
                    refusal(
                        f"the document has no operation named {name!r}; it has: {known or 'none'}",
                        "OPERATION_RESOLUTION_FAILURE",
                    )
                ]
            )
        return self.operations[name]


class Documents:
    """A bounded store of valid documents by text. What is refused is not kept."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, introspection: bool = True
    ) -> None:
        """Without `introspection` nobody can ask for the schema, and no error tells of it."""
        self.schema = schema
        self.limits = limits
        self.introspection = introspection
        self._pinned: dict[str, Document] = {}
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """Parse and validate, or answer what is known of this text. Raises Refusal."""
        found = self._known.get(text)
        if found is not None:
            self._known.move_to_end(text)
            return found
        pinned = self._pinned.get(text)
        if pinned is not None:
            return pinned
        found = self._read(text)
        self._known[text] = found
        self._characters += len(text)
        while self._characters > KEPT_CHARACTERS:
            gone, _ = self._known.popitem(last=False)
            self._characters -= len(gone)
        return found

    def pin(self, text: str) -> Document:
        """Read a document, and keep it for good. Raises Refusal."""
        if text not in self._pinned:
            self._pinned[text] = self._read(text)
        return self._pinned[text]

    def _read(self, text: str) -> Document:
        try:
            document = parse(text, max_tokens=self.limits.tokens)
        except GraphQLSyntaxError as error:
            if TOO_LONG in error.message:
                raise Refusal([_too_long(self.limits.tokens)]) from None
            raise Refusal([_coded(error, "GRAPHQL_PARSE_FAILED")]) from None
        except RecursionError:
            raise Refusal(
                [refusal("the document is nested too deeply to be read", TOO_COSTLY)]
            ) from None
        _check_size(document, self.limits)
        _check_overlaps(document)
        if LONG_NUMBER.search(text):
            _check_numbers(document)
        try:
            errors = validate(
                self.schema,
                document,
                self._rules,
                max_errors=MAX_ERRORS,
                hide_suggestions=not self.introspection,
            )
        except RecursionError:
            raise Refusal(
                [refusal("the document is nested too deeply to be read", TOO_COSTLY)]
            ) from None
        if errors:
            raise Refusal([_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        return Document(
            {
                node.name.value if node.name else None: Operation(node, document, fragments)
                for node in document.definitions
                if isinstance(node, OperationDefinitionNode)
            }
        )

    @property
    def _rules(self) -> tuple[type[ASTValidationRule], ...]:
        return specified_rules if self.introspection else (*specified_rules, NoIntrospection)


class NoIntrospection(ValidationRule):
    """Refuses `__schema` and `__type`; `__typename` stays."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in ("__schema", "__type"):
            message = f"`{node.name.value}` cannot be asked for: introspection is off"
            extensions = {"code": "INTROSPECTION_DISABLED"}
            self.report_error(GraphQLError(message, node, extensions=extensions))


def _check_size(document: DocumentNode, limits: Limits) -> None:
    """Refuse what validation itself would take long for: it compares fields with each other."""
    fields = aliases = 0
    waiting: list[SelectionSetNode | None] = [
        getattr(definition, "selection_set", None) for definition in document.definitions
    ]
    while waiting:
        selections = waiting.pop()
        if selections is None:
            continue
        for selection in selections.selections:
            fields += 1
            if isinstance(selection, FieldNode) and selection.alias is not None:
                aliases += 1
            if isinstance(selection, FieldNode | InlineFragmentNode):
                waiting.append(selection.selection_set)
    variables = sum(
        len(definition.variable_definitions or ())
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
    for name, found, allowed in (
        ("fields", fields, limits.fields),
        ("aliases", aliases, limits.aliases),
        ("variables", variables, VARIABLES),
    ):
        if found > allowed:
            raise Refusal(
                [
                    refusal(
                        f"the document has {found} {name}; the limit is {allowed}",
                        TOO_COSTLY,
                        limit=allowed,
                        cost=found,
                    )
                ]
            )


def _check_overlaps(document: DocumentNode) -> None:
    """Refuse what validation would compare with itself for too long."""
    if overlaps.count_pairs(document) > overlaps.PAIRS:
        raise Refusal(
            [
                refusal(
                    "the document selects the same fields too often, by name or by fragments; select "
                    "each once",
                    TOO_COSTLY,
                    limit=overlaps.PAIRS,
                )
            ]
        )


def _check_numbers(document: DocumentNode) -> None:
    """Refuse numbers that are longer than any type takes; Python would refuse them in its words."""

    class Numbers(Visitor):
        def enter(self, node: Node, *_: Any) -> None:
            if isinstance(node, IntValueNode | FloatValueNode) and len(node.value) > 309:
                raise Refusal(
                    [
                        refusal(
                            f"a number of {len(node.value)} characters is too large for any type",
                            "BAD_USER_INPUT",
                        )
                    ]
                )

    visit(document, Numbers())


def _too_long(tokens: int) -> GraphQLError:
    return refusal(
        f"the document has more than {tokens} words; the limit is {tokens}. Split it, or pass values "
        "as variables",
        TOO_COSTLY,
        limit=tokens,
        cost=tokens + 1,
    )


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error
