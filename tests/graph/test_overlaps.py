"""A document that validation would compare with itself for seconds is refused in a blink."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from inventory.graph.documents import Documents
from inventory.graph.errors import Refusal
from inventory.graph.limits import Limits
from inventory.graph.overlaps import PAIRS, count_pairs
from inventory.graph.schema import Schema

MANY = range(300)
ANIMALS = "zooAnimals { nodes { id name } }"
HOSTILE = {
    "one field again and again": "{" + ANIMALS * 300 + "}",
    "below one field": "{ zooAnimals { nodes {" + " id" * 1900 + "} } }",
    "in fragments": "{"
    + " ".join(f"...f{n}" for n in MANY)
    + "}"
    + " ".join(f"fragment f{n} on Query {{ {ANIMALS} }}" for n in MANY),
    "fragments that spread each other": "{ ...f0 }"
    + " ".join(
        f"fragment f{n} on Query {{ a{n}: __typename "
        + " ".join(f"...f{m}" for m in range(n + 1, min(n + 8, 250)))
        + "}"
        for n in range(250)
    ),
    "doubled at each step": "{ zooAnimals { nodes { ...f0 } } }"
    + " ".join(
        f"fragment f{n} on ZooAnimal {{ a: keepers {{ nodes {{ animals {{ nodes {{ ...f{n + 1} }} }} }} }}"
        f" b: keepers {{ nodes {{ animals {{ nodes {{ ...f{n + 1} }} }} }} }} }}"
        for n in range(20)
    )
    + "fragment f20 on ZooAnimal { id }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(400)) + ") { __typename }",
}
HARMLESS = {
    "a field twice": "{" + ANIMALS * 2 + "}",
    "a fragment everywhere": "{"
    + " ".join(f"a{n}: zooAnimals {{ nodes {{ ...F }} }}" for n in range(100))
    + "} fragment F on ZooAnimal { id name }",
    "many kinds": '{ node(id: "x") {'
    + " ".join("... on ZooAnimal { id name tag }" for _ in range(60))
    + "} }",
    "a circle": "{ zooAnimals { nodes { ...F } } } fragment F on ZooAnimal { ...G }"
    " fragment G on ZooAnimal { ...F }",
    "a fragment that is not there": "{ ...Nothing }",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_take_long_is_refused_unvalidated(zoo_schema: Schema, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        Documents(zoo_schema.graphql, Limits(fields=10_000, tokens=50_000)).read(HOSTILE[name])

    (error,) = caught.value.errors
    assert error.extensions is not None
    assert error.extensions["code"] == "TOO_COSTLY"
    assert error.extensions["limit"]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_people_write_is_not(zoo_schema: Schema, name: str) -> None:
    assert count_pairs(parse(HARMLESS[name])) <= PAIRS


def test_the_count_is_what_validation_does(zoo_schema: Schema) -> None:
    """Twice the pairs, twice the work; so that the limit is one of time."""
    one, two = (parse("{" + " id: __typename" * n + "}") for n in (10, 20))

    assert [count_pairs(each) for each in (one, two)] == [45, 190]
    assert validate(zoo_schema.graphql, two) == []
