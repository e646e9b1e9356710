"""What the documentation says holds: links, commands, settings, queries, and the source that CONTRIBUTING builds."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import sqlalchemy as sa
import yaml
from graphql import GraphQLSchema, build_schema, parse, validate
from sqlmodel import SQLModel

from inventory.catalog import Catalog
from inventory.cli.main import cli
from inventory.config import Config, load
from inventory.config.variables import variables
from inventory.core.scope import Scope
from inventory.db import engine
from inventory.db.reconcile import reconcile
from inventory.db.store import store
from inventory.graph.database import PooledDatabase
from inventory.graph.execute import Engine
from inventory.graph.limits import Limits
from inventory.graph.schema import build_schema as graph_of
from inventory.sources import common
from scripts import reference
from tests import services

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), ROOT / "benchmarks/README.md"]
TEXT = {str(page.relative_to(ROOT)): page.read_text() for page in PAGES}
STEERING = ("task", "queue", "worker", "scheduler")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str, *names: str) -> list[str]:
    """The blocks of code of a language, on these pages or on all."""
    pages = [TEXT[name] for name in names] if names else list(TEXT.values())
    return [code for page in pages for kind, code in BLOCK.findall(page) if kind == language]


def commands(name: str, word: str) -> list[str]:
    """The commands on a page that begin with a word, and those in its sentences."""
    lines = [line for code in blocks("sh", name) for line in code.splitlines()]
    spoken = re.findall(r"`([^`\n]+)`", BLOCK.sub("", TEXT[name]))
    parts = [part.strip() for line in [*lines, *spoken] for part in re.split(r"&&|#", line)]
    return [part for part in parts if part.startswith(f"{word} ")]


@pytest.fixture(scope="module")
def sdl() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text())


@pytest.mark.parametrize("name", TEXT)
def test_links_lead_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    links = re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", TEXT[name]))
    local = [link.partition("#")[0] for link in links if "://" not in link]

    assert [link for link in local if link and not (here / link).exists()] == []


@pytest.mark.parametrize("name", TEXT)
def test_targets_of_make_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {line.split()[1] for line in commands(name, "make")}

    assert {target for target in named if "=" not in target} <= targets


PARSED = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/rest.md", "docs/tasks.md")


@pytest.mark.parametrize("name", PARSED)
def test_commands_parse(name: str) -> None:
    for line in commands(name, "inventory"):
        words = shlex.split(line)[1:]
        if "COMMAND" in words or words in (["--help"], []):
            continue
        _parse([word for word in words if not word.startswith(">")], line)


def test_every_verb_of_tasks_is_on_their_page() -> None:
    shown = {" ".join(line.split()[1:3]) for line in commands("docs/tasks.md", "inventory")}
    groups = {name: importlib.import_module(f"inventory.cli.{name}").command for name in STEERING}
    every = {f"{name} {verb}" for name, group in groups.items() for verb in group.commands}

    assert every - shown == set()


EXAMPLES = {
    "create": "NAME",
    "diff": "old.graphql",
    "enqueue": "NAME",
    "export": "aws_vpc",
    "inspect": "5b1a5e6a",
    "watch": "5b1a5e6a",
}


def _parse(words: list[str], line: str) -> None:
    command: click.Command = cli
    context = cli.make_context("inventory", [*words])
    while isinstance(command, click.Group):
        words = [*context._protected_args, *context.args]
        if not words:
            return
        name, found, words = command.resolve_command(context, words)
        assert found is not None, line
        command = found
        # Named in a sentence, a command may lack its arguments.
        missing = [each.name or "" for each in found.params if each.required and not words]
        given = [*words, *(EXAMPLES.get(name or "", each) for each in missing)]
        if isinstance(found, click.Group) and not words:
            return
        context = command.make_context(name, given, parent=context)


def test_queries_are_of_this_schema(sdl: GraphQLSchema) -> None:
    found = blocks("graphql")

    assert found
    assert [error for query in found for error in validate(sdl, parse(query))] == []


def test_every_code_of_the_api_is_explained() -> None:
    """Those of the ways to the API; what mutations answer is in the schema."""
    source = "".join(
        path.read_text()
        for name in ("web", "graph")
        for path in (ROOT / "inventory" / name).glob("*.py")
    )
    page = TEXT["docs/api.md"]
    told = {code for line in page.splitlines() for code in re.findall(r"^\| `([A-Z_]+)`", line)}
    closed = set(re.findall(r"^\| (\d{4}) \|", page, re.MULTILINE))

    assert {code for code in told if f'"{code}"' not in source} == set()
    assert closed == set(re.findall(r"\((?:code=)?(1\d{3}|4\d{3}), f?\"", source))


def test_the_first_answer_has_the_form_of_its_query(sdl: GraphQLSchema) -> None:
    query, answer = blocks("graphql", "README.md")[0], blocks("json", "README.md")[0]
    asked = set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", query)))

    assert _keys(json.loads(answer)["data"]) == asked


def _keys(value: object) -> set[str]:
    match value:
        case dict():
            return set(value).union(*map(_keys, value.values()))
        case list():
            return set().union(*map(_keys, value))
        case _:
            return set()


def test_the_configuration_of_the_readme_loads(tmp_path: Path) -> None:
    (example,) = blocks("yaml", "README.md")
    (tmp_path / "config.yaml").write_text(example)

    config = load([tmp_path / "config.yaml"], {})

    assert config.aws.is_enabled
    assert config.gardener.is_enabled
    tasks = Catalog.load().tasks
    assert {job.name for job in config.scheduler.jobs} <= set(tasks)


def test_limits_are_those_of_the_configuration() -> None:
    limits = Config().api.limits
    rows = re.findall(r"^\| `(\w+)` \| ([\d ]+) \|", TEXT["README.md"], re.MULTILINE)

    told = {name: int(value.replace(" ", "")) for name, value in rows}
    of_one_operation = set(Limits.__dataclass_fields__) & set(limits.model_dump())
    assert of_one_operation <= set(told)
    assert told == {name: value for name, value in limits.model_dump().items() if name in told}


def test_the_reference_is_current() -> None:
    assert TEXT["docs/reference.md"] == reference.render(Catalog.load()), (
        "docs/reference.md is not current; `make docs` writes it"
    )


def test_the_reference_names_everything() -> None:
    catalog, text = Catalog.load(), TEXT["docs/reference.md"]
    names = {*catalog.tasks, *catalog.models, *catalog.links, *catalog.leaks, *variables()}
    example = yaml.safe_load((ROOT / "examples" / "config.yaml").read_text())

    assert {name for name in names if f"`{name}`" not in text} == set()
    assert {key for key in example if f"| `{key}" not in text} == set()


def test_pages_name_no_place_of_a_machine() -> None:
    private = re.compile(r"/work/|/tmp/|/home/\w|/root/|\b\d+\.\d+\.\d+\.\d+:\d+|index-url")

    found = {name: private.findall(text) for name, text in TEXT.items()}

    ports = (6080, 6081, 8080, 8765)
    allowed = {f"127.0.0.1:{port}" for port in ports}
    assert {name: set(hits) - allowed for name, hits in found.items() if set(hits) - allowed} == {}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The source that CONTRIBUTING.md builds, as a package of its own."""
    name = "a_shop_from_the_docs"
    for code in blocks("python", "CONTRIBUTING.md"):
        place = re.match(r"# inventory/sources/shop/(\S+)\n", code)
        assert place, code
        file = tmp_path / name / place[1]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code.replace("inventory.sources.shop", name))
    for part in ("models", "tasks"):
        (tmp_path / name / part / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    tables = set(SQLModel.metadata.tables)
    importlib.invalidate_caches()
    yield importlib.import_module(name)
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]
    for table in set(SQLModel.metadata.tables) - tables:
        SQLModel.metadata.remove(SQLModel.metadata.tables[table])


async def test_the_source_of_the_docs_works(shop: ModuleType, postgres_dsn: str) -> None:
    catalog = Catalog.of([common.source, shop.source])
    client = shop.source.client(Config())
    (collect,) = catalog.collectors("shop")
    schema = graph_of(catalog)
    rule = catalog.leaks["shop-rack-without-box"]

    with services.fresh_database(postgres_dsn) as dsn:
        made = sa.create_engine(engine.sqlalchemy_url(dsn), poolclass=sa.NullPool)
        tables = list(catalog.tables.values())
        tables[0].metadata.create_all(made, tables)
        with engine.connect(dsn) as db:
            for scope in client.scopes(collect.scope):
                assert isinstance(scope, Scope)
                with client.open(scope) as aisle:
                    store(db, collect.models, scope, collect(aisle))
            assert reconcile(db, catalog.links["l_shop_rack_to_box"]).found == 3
        with made.connect() as connection:
            left = sa.text("SELECT name FROM shop_rack WHERE id = ANY(:ids)")
            ids = list(connection.execute(rule.suspects()).scalars())
            assert list(connection.execute(left, {"ids": ids}).scalars()) == ["bottom"]
        database = PooledDatabase(dsn, size=1, timeout_ms=5000)
        await database.open()
        query = """{ shopRacks(orderBy: [{name: ASC}]) { nodes { name boxes { totalCount } } }
                     shopBoxes(first: 1, orderBy: [{boxId: ASC}]) {
                       nodes { boxId rackEdge { rule node { name } } } } }"""
        answer: Any = json.loads((await Engine(schema, database, Limits()).answer(query)).body)
        await database.close()

    assert (collect.name, rule.model) == ("shop:task:collect-racks", catalog.model("shop_rack"))
    mutations = schema.graphql.mutation_type
    assert mutations is not None
    assert "shopCollectRacks" in mutations.fields
    counts = {
        rack["name"]: rack["boxes"]["totalCount"] for rack in answer["data"]["shopRacks"]["nodes"]
    }
    assert counts == {"bottom": 0, "only": 1, "top": 2}
    assert answer["data"]["shopBoxes"]["nodes"] == [
        {"boxId": "b1", "rackEdge": {"rule": "match", "node": {"name": "top"}}}
    ]
