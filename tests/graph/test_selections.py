"""Aliases, fragments, merged fields, directives, interfaces, empty selections, evidence."""

from __future__ import annotations

from tests.graph.conftest import Ask

ONE = '(where: {tag: {eq: "a001"}})'


async def test_fields_of_one_key_are_merged_in_the_order_of_their_first_appearance(
    ask: Ask,
) -> None:
    answer = await ask.answer(
        f"""query {{ ...Root zooAnimals{ONE} {{ nodes {{ house {{ storeys }} tag }} }} }}
        fragment Root on Query {{ zooAnimals{ONE} {{ nodes {{ house {{ name ...H }} n: nickname }} }} }}
        fragment H on ZooHouse {{ __typename name }}"""
    )

    assert answer.body == (
        b'{"data":{"zooAnimals":{"nodes":[{"house":{"name":"Birds","__typename":"ZooHouse",'
        b'"storeys":2},"n":null,"tag":"a001"}]}}}'
    )


async def test_one_field_under_several_aliases_has_several_arguments(ask: Ask) -> None:
    found = await ask(
        """{ zooHouses(where: {name: {eq: "Cats"}}) { nodes {
             one: animals(first: 1, orderBy: [{tag: ASC}]) { nodes { tag } }
             two: animals(first: 1, orderBy: [{tag: DESC}]) { nodes { tag } }
             none: animals(where: {tag: {eq: "x"}}) { nodes { tag } totalCount } } } }"""
    )

    (cats,) = found["zooHouses"]["nodes"]
    assert cats == {
        "one": {"nodes": [{"tag": "a002"}]},
        "two": {"nodes": [{"tag": "a038"}]},
        "none": {"nodes": [], "totalCount": 0},
    }


async def test_typename_is_known_everywhere(ask: Ask) -> None:
    found = await ask(
        f"""{{ __typename zooAnimals{ONE} {{ __typename pageInfo {{ __typename }} edges {{ __typename node {{
          __typename house {{ __typename }} houseEdge {{ __typename matchedOn {{ __typename }} node {{
          __typename }} }} keepers {{ __typename edges {{ __typename }} }} }} }} }} }}"""
    )

    assert found == {
        "__typename": "Query",
        "zooAnimals": {
            "__typename": "ZooAnimalConnection",
            "pageInfo": {"__typename": "PageInfo"},
            "edges": [
                {
                    "__typename": "ZooAnimalEdge",
                    "node": {
                        "__typename": "ZooAnimal",
                        "house": {"__typename": "ZooHouse"},
                        "houseEdge": {
                            "__typename": "ZooAnimalHouseEdge",
                            "matchedOn": [{"__typename": "MatchedValue"}] * 2,
                            "node": {"__typename": "ZooHouse"},
                        },
                        "keepers": {
                            "__typename": "ZooAnimalKeepersConnection",
                            "edges": [{"__typename": "ZooAnimalKeepersEdge"}],
                        },
                    },
                }
            ],
        },
    }


async def test_nothing_selected_is_answered_with_nothing(ask: Ask) -> None:
    found = await ask(
        f"""query ($no: Boolean = false) {{ a: zooAnimals {{ }} b: zooAnimals{ONE} {{ nodes {{ }} edges {{ }}
          pageInfo {{ }} }} c: zooAnimals{ONE} {{ nodes {{ house {{ }} houseEdge {{ }}
          keepers {{ edges {{ node {{ tag: badge @include(if: $no) }} }} }} }} }} }}"""
    )

    assert found == {
        "a": {},
        "b": {"nodes": [{}], "edges": [{}], "pageInfo": {}},
        "c": {"nodes": [{"house": {}, "houseEdge": {}, "keepers": {"edges": [{"node": {}}]}}]},
    }
    assert await ask("{ }") == {}


async def test_directives_follow_their_variables(ask: Ask) -> None:
    text = f"""query ($a: Boolean!, $b: Boolean!) {{ zooAnimals{ONE} {{ nodes {{
      tag @skip(if: $a) nickname @include(if: $b) ... @include(if: $a) {{ legs }}
      ...F @skip(if: $b) id: tag @skip(if: $a) @include(if: $b) }} }} }}
      fragment F on ZooAnimal {{ tame }}"""

    def answer(**found: object) -> dict[str, object]:
        return {"zooAnimals": {"nodes": [found]}}

    assert await ask(text, a=True, b=True) == answer(nickname=None, legs=2)
    assert await ask(text, a=True, b=False) == answer(legs=2, tame=False)
    assert await ask(text, a=False, b=True) == answer(tag="a001", nickname=None, id="a001")
    assert await ask(text, a=False, b=False) == answer(tag="a001", tame=False)


async def test_interfaces_are_read_by_inline_fragments(ask: Ask) -> None:
    ids = await ask(
        f"""{{ zooAnimals{ONE} {{ nodes {{ id }} }} zooHouses(first: 1, orderBy: [{{name: ASC}}])
             {{ nodes {{ id }} }} commonLinks(first: 1) {{ nodes {{ id }} }} }}"""
    )
    wanted = [ids[key]["nodes"][0]["id"] for key in ("zooAnimals", "zooHouses", "commonLinks")]

    found = await ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
             ... on Resource { displayName firstSeenAt lastSeenAt ... on ZooAnimal { tag } }
             ... on ZooHouse { name storeys } ... on CommonLink { name } } }""",
        ids=wanted,
    )

    animal, house, link = found["nodes"]
    assert [each["id"] for each in found["nodes"]] == wanted
    assert (animal["__typename"], animal["displayName"], animal["tag"]) == (
        "ZooAnimal",
        "a001",
        "a001",
    )
    assert (house["displayName"], house["name"], house["storeys"]) == ("Apes", "Apes", 1)
    assert house["lastSeenAt"] >= house["firstSeenAt"]
    assert set(link) == {"__typename", "id", "name"}


async def test_an_edge_says_why_from_both_of_its_ends(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals(where: {tag: {in: ["a001", "a000"]}}, orderBy: [{tag: DESC}]) { nodes { tag
          parentEdge { rule matchedOn { column value } node { tag } }
          childs(orderBy: [{tag: ASC}], first: 1) { edges { rule matchedOn { column value } node { tag } } }
          houseEdge { matchedOn { column value } }
          keepers(link: {rule: {eq: "badge"}}) { edges { matchedOn { column value } } } } } }"""
    )

    child, parent = found["zooAnimals"]["nodes"]
    why = [
        {"column": "zoo_animal.tag", "value": "a000"},
        {"column": "zoo_animal.parent_tag", "value": "a000"},
    ]
    assert child["parentEdge"] == {"rule": "match", "matchedOn": why, "node": {"tag": "a000"}}
    assert parent["parentEdge"] is None
    assert parent["childs"]["edges"] == [
        {"rule": "match", "matchedOn": why[::-1], "node": {"tag": "a001"}}
    ]
    assert child["houseEdge"] == {
        "matchedOn": [
            {"column": "zoo_house.name", "value": "Birds"},
            {"column": "zoo_animal.house_name", "value": "Birds"},
        ]
    }
    assert child["keepers"]["edges"] == [
        {
            "matchedOn": [
                {"column": "zoo_keeper.badge", "value": "k0"},
                {"column": "zoo_animal.badges", "value": "{k0}"},
            ]
        }
    ]


async def test_counts_are_counted_only_where_they_are_asked_for(ask: Ask) -> None:
    await ask("{ zooAnimals { nodes { tag keepers { nodes { badge } } } } }")
    await ask("{ zooAnimals { totalCount } }")

    rows, count = ask.database.statements
    assert "count(*)" not in rows
    assert count.count("count(*)") == 1
    assert "LIMIT" not in count


async def test_a_link_beside_every_of_anything_is_true(ask: Ask) -> None:
    found = await ask(
        """{ zooAnimals(where: {keepers: {link: {rule: {eq: "badge"}}, every: {}}}) { totalCount } }"""
    )

    assert found["zooAnimals"]["totalCount"] == 40
