"""The types of the graph of all kinds: interfaces, steps, paths, and the enums that name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.graph import scalars, shared_types, types
from inventory.graph.relations import HUBS, Graph
from inventory.graph.types import Argument, field

Limit = types.enum_type(
    "GraphLimit",
    "What kept a search from being complete.",
    {
        "FIRST": "there are more than `first` asked for",
        "NODES": "it came to more objects than one search may look at",
        "PATHS": "it met more beginnings of longer paths than it follows; the shortest are complete",
        "TIME": "it took longer than one search may",
    },
)
Direction = types.enum_type(
    "GraphDirection",
    "Which way a relation is taken; it is declared from its first kind to its second.",
    {
        "BOTH": "either way; for arguments only",
        "IN": "from the second kind to the first",
        "OUT": "from the first kind to the second",
    },
)
State = types.enum_type(
    "LinkState",
    "Whether an edge is there, and should be.",
    {
        "LINKED": "the rule holds, and the edge is there",
        "NOT_LINKED": "the rule does not hold, and there is no edge by it",
        "OUTDATED": "the rule no longer holds, and the edge is there still",
        "PENDING": "the rule holds, and the edge is not there yet",
    },
)
Match = types.enum_type(
    "SearchMatch",
    "How well a text fits.",
    {
        "CONTAINS": "a name or an id has it in it",
        "ID": "it is an id",
        "NAME": "it is a name, or an address",
        "PREFIX": "a name or an id begins with it",
    },
)
LIMITS = [
    field("truncated", bool, "Whether there may be more than is shown."),
    field("truncatedBy", types.optional(Limit), "What of; null when it is complete."),
    field("looked", int, "How many objects the search came to."),
]


@dataclass(frozen=True)
class GraphTypes:
    """What depends on a catalog: its kinds and relations, and what has fields of them."""

    node: Any
    resource: Any
    edges: Any
    """The connection of a node's edges of any kind."""
    edges_field: Any
    kind: Any
    provider: Any
    filters: dict[str, Any]
    """Filters of what a catalog names: its kinds, its sources."""
    avoid: Any
    relation: Any
    paths: Any
    reachable: Any
    explanation: Any
    search: Any
    type_names: frozenset[str]
    """Those that can stand below a mutation, whose answer graphql-core writes."""
    evidence: tuple[Any, ...]
    """Types that show the evidence of an edge, and get the run once its type exists."""


def graph_types(graph: Graph) -> GraphTypes:
    """Make the types of a catalog's graph."""
    kinds = {name: f"`{model.__tablename__}`" for name, model in sorted(graph.kinds.items())}
    hubs = ", ".join(sorted(str(hub.__tablename__) for hub in graph.hubs)) or "none"
    kind = types.enum_type("GraphKind", "A kind of object, by its table.", kinds)
    avoid = types.enum_type(
        "GraphAvoid", "What to go around.", {HUBS: f"kinds that much belongs to: {hubs}", **kinds}
    )
    relation = types.enum_type(
        "GraphRelation",
        "A link inside a source (`L_…`), a nexus between two (`N_…`), or a reference.",
        {name: each.doc for name, each in sorted(graph.relations.items())},
    )
    node = types.interface_type(
        "Node", "Anything with a global id.", [field(*shared_types.ID_FIELD)]
    )
    edge = types.object_type(
        "GraphEdge",
        "An edge of any kind, as seen from one of its ends.",
        [
            field("cursor", str, "Its place in the list."),
            field("relation", relation, "What it is an edge of."),
            field("direction", Direction, "Which way it leads from here."),
            field("node", node, "The other end."),
            *_evidence(),
        ],
    )
    connection = types.object_type(
        "GraphEdgeConnection",
        "A page of edges of any kind.",
        [
            field("edges", types.list_of(edge), "The edges with their evidence."),
            field("nodes", types.list_of(node), "The other ends alone."),
            field("pageInfo", shared_types.PageInfo, "Where the page lies."),
            field("totalCount", int, "All of them, whatever the page."),
        ],
    )
    edges_field = field(
        "edges",
        connection,
        "Its edges of all kinds, by relation.",
        [
            Argument("direction", Direction, "Only edges that lead this way; BOTH when left out."),
            Argument("relations", types.list_of(relation), "Only these relations."),
            Argument("rules", types.list_of(str), "Only what these rules found."),
            *_page(),
        ],
    )
    types.add(node, edges_field)
    resource = types.interface_type(
        "Resource",
        "What every collected resource has, whatever its source.",
        [*(field(*each) for each in shared_types.RESOURCE_FIELDS), edges_field],
    )
    types.implement(resource, node)
    step = types.object_type(
        "GraphStep",
        "An object on a path, and the edge that leads to it; the first has none.",
        [
            field("relation", types.optional(relation), "What led to it."),
            field("direction", types.optional(Direction), "Which way that was taken."),
            field("node", node, "The object."),
            *_evidence(),
        ],
    )
    rule = _rule(relation)
    return GraphTypes(
        node=node,
        resource=resource,
        edges=connection,
        edges_field=edges_field,
        kind=kind,
        provider=shared_types.Provider,
        filters={
            "GraphKind": _filter("GraphKind", kind, "Compares kinds."),
            "Provider": _filter("Provider", shared_types.Provider, "Compares sources."),
        },
        avoid=avoid,
        relation=relation,
        paths=_paths(step),
        reachable=_reachable(node, kind),
        explanation=_explanation(rule),
        search=_search(node, kind),
        type_names=frozenset({"GraphEdge", "GraphEdgeConnection"}),
        evidence=(edge, step, rule),
    )


def add_run(made: GraphTypes, run: Any) -> None:
    """Let edges show the run that confirmed them."""
    for each in made.evidence:
        types.add(each, run_field(run))


def run_field(run: Any) -> Any:
    return field(
        "run", types.optional(run), "The run that confirmed it; null when it is forgotten."
    )


def _filter(name: str, kind: Any, doc: str) -> Any:
    return types.input_type(
        f"{name}Filter",
        doc,
        [
            field("eq", types.optional(kind), "equal"),
            field("ne", types.optional(kind), "not equal"),
            field("in", types.optional(types.list_of(kind)), "one of; an empty list is none"),
            field("notIn", types.optional(types.list_of(kind)), "none of"),
        ],
    )


def _evidence() -> list[Any]:
    described = {name: (kind, doc) for name, kind, doc in shared_types.LINK_FIELDS}
    return [
        field(name, kind if name == "matchedOn" else types.optional(kind), doc)
        for name, (kind, doc) in described.items()
    ]


def _page() -> list[Argument]:
    return [
        Argument("first", int, "This many from the front; 50 when neither is given."),
        Argument("after", str, "Only edges behind this cursor."),
        Argument("last", int, "This many from the back."),
        Argument("before", str, "Only edges in front of this cursor."),
    ]


def _paths(step: Any) -> Any:
    path = types.object_type(
        "GraphPath",
        "A way from one object to another that passes none twice.",
        [
            field("length", int, "How many edges it has."),
            field("steps", types.list_of(step), "The objects, from the first to the last."),
        ],
    )
    return types.object_type(
        "GraphPaths",
        "Paths between two objects, the shortest first.",
        [field("paths", types.list_of(path), "The paths."), *LIMITS],
    )


def _reachable(node: Any, kind: Any) -> Any:
    reached = types.object_type(
        "GraphReached",
        "An object, and how far away it is.",
        [
            field("distance", int, "How many edges the shortest way to it has."),
            field("node", node, "The object."),
        ],
    )
    count = types.object_type(
        "GraphCount",
        "How many objects of a kind there are.",
        [field("kind", kind, "The kind."), field("count", int, "How many.")],
    )
    return types.object_type(
        "GraphReachable",
        "What can be reached from an object, the nearest first.",
        [
            field("nodes", types.list_of(reached), "The objects."),
            field("counts", types.list_of(count), "How many there are by kind, most first."),
            field("totalCount", int, "How many there are."),
            *LIMITS,
        ],
    )


def _rule(relation: Any) -> Any:
    compared = types.object_type(
        "ComparedValues",
        "What a rule compares: a pair, or one value where the rule is more than equality.",
        [
            field("from", types.optional(shared_types.MatchedValue), "At the first object."),
            field("to", types.optional(shared_types.MatchedValue), "At the second."),
            field("matches", types.optional(bool), "Whether the pair is equal; NULL equals none."),
        ],
    )
    time = types.optional(scalars.DateTime)
    return types.object_type(
        "LinkRuleExplanation",
        "What a rule says of two objects.",
        [
            field("relation", relation, "The link that it is a rule of."),
            field("direction", Direction, "Which way it leads from the first object."),
            field("description", str, "What the link says."),
            field("rule", str, "The rule."),
            field("holds", bool, "Whether it finds the pair now."),
            field("state", State, "Whether the edge is there, and should be."),
            field("why", str, "The same in words, with what to do."),
            field("compared", types.list_of(compared), "What it compares."),
            field("storedRule", types.optional(str), "The rule that the edge is there by."),
            field("createdAt", time, "When the edge was first found."),
            field("confirmedAt", time, "When the link was last brought up to date."),
        ],
    )


def _explanation(rule: Any) -> Any:
    return types.object_type(
        "LinkExplanation",
        "Why two objects are linked, or are not.",
        [
            field("linked", bool, "Whether an edge of any link is between them."),
            field(
                "rules",
                types.list_of(rule),
                "Every rule that could link their kinds; empty when no link is declared.",
            ),
        ],
    )


def _search(node: Any, kind: Any) -> Any:
    hit = types.object_type(
        "SearchHit",
        "An object that the text was found in.",
        [
            field("node", node, "The object."),
            field("kind", kind, "Its kind."),
            field("match", Match, "How well it fits."),
            field("column", str, "The column that fits best."),
            field("value", str, "What that holds."),
        ],
    )
    return types.object_type(
        "SearchResult",
        "What a text was found in, the best first.",
        [
            field("hits", types.list_of(hit), "The objects, each once."),
            field("truncated", bool, "Whether there are more."),
        ],
    )


def roots(made: GraphTypes) -> list[Any]:
    """The root fields that search the graph."""
    identifier = Argument("from", types.ID, "The global id of the start.", required=True)
    other = Argument("to", types.ID, "The global id of the end.", required=True)
    ways = [
        Argument("follow", types.list_of(made.relation), "Only along these; all when left out."),
        Argument(
            "avoid",
            types.list_of(made.avoid),
            "Go around these kinds, the ends apart. HUBS when neither this nor `follow` is given.",
        ),
    ]
    return [
        field(
            "paths",
            types.optional(made.paths),
            "How two objects belong together; null when one of them is not there.",
            [
                identifier,
                other,
                Argument("maxLength", int, "At most this many edges; 6 when left out, 10 at most."),
                *ways,
                Argument("first", int, "At most this many paths; 5 when left out, 100 at most."),
            ],
        ),
        field(
            "reachable",
            types.optional(made.reachable),
            "What belongs to an object, near and far; null when it is not there.",
            [
                identifier,
                Argument("types", types.list_of(made.kind), "Only these kinds; all when left out."),
                Argument(
                    "maxDepth", int, "At most this many edges away; 3 when left out, 10 at most."
                ),
                *ways,
                Argument("first", int, "At most this many objects; 50 when left out."),
            ],
        ),
        field(
            "explainLink",
            types.optional(made.explanation),
            "Why two objects are linked, or are not; null when one of them is not there.",
            [identifier, other],
        ),
        field(
            "search",
            made.search,
            "Finds a text in names, ids and addresses of all kinds, whatever its case.",
            [
                Argument("text", str, "What to look for: 2 to 200 characters.", required=True),
                Argument(
                    "types",
                    types.list_of(made.kind),
                    "Only these kinds; all resources when left out.",
                ),
                Argument("first", int, "At most this many hits; 20 when left out, 100 at most."),
            ],
        ),
    ]
