"""Imports go downward, and declarations import no SDK."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "inventory"
SOURCES = sorted(p.name for p in (PACKAGE / "sources").iterdir() if (p / "__init__.py").exists())

# layout.md, "Who may import whom". What is imported only to check types is not counted.
MAY: dict[str, set[str]] = {
    "errors": set(),
    "logs": set(),
    "telemetry": {"errors"},
    "core": {"errors"},
    "catalog": {"core", "errors"},
    "embedded": {"errors"},
    "config": {"core.access", "core.duration", "embedded", "errors"},
    "db": {"core", "config", "errors", "catalog", "telemetry.tracing"},
    "graph": {
        "catalog",
        "core",
        "errors",
        "db.audit",
        "db.engine",
        "db.visible",
        "telemetry.tracing",
    },
    "rest": {"catalog", "core", "errors", "graph"},
    "runtime": {"catalog", "core", "db", "config", "errors", "logs", "telemetry"},
    "nexus": {"core", *(f"sources.{name}.models" for name in SOURCES)},
    "web": {
        *("graph", "rest", "runtime.queue", "runtime.control", "catalog", "config", "core"),
        *(
            "errors",
            "db.audit",
            "db.engine",
            "db.tokens",
            "runtime.events",
            "runtime.health",
            "telemetry",
            "logs",
        ),
    },
    **{f"sources.{name}": {"core", "errors", f"sources.{name}"} for name in SOURCES},
}
MAY["sources.common"] |= {"db"}
# Loaded by name where they are needed, since their callers must start quickly.
LOADED_LATE = {("db.migrate", "catalog")}
NO_SDK = ("boto3", "botocore", "kubernetes", "google", "azure", "openstack")
NOT_FOR_DECLARATIONS = (*NO_SDK, "strawberry", "fastapi", "taskiq", "redis", "alembic")


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """What a module imports of ours at run time, without the leading `inventory.`."""
    tree = ast.parse(file.read_text())
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        found: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            found = [_module(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        for name in found:
            if name.startswith("inventory."):
                yield name.removeprefix("inventory."), True
            elif name.split(".")[0] in NO_SDK:
                yield name, False


def _module(package: str, name: str) -> str:
    """What `from package import name` loads: a module of the package, or the package itself."""
    path = ROOT / Path(*package.split("."), name)
    is_module = path.is_dir() or path.with_suffix(".py").is_file()
    return f"{package}.{name}" if is_module or package == "inventory" else package


def place(file: Path) -> str:
    """`sources/aws/tasks/vpc.py` → `sources.aws.tasks.vpc`."""
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {place(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def layer(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "sources":
        return ".".join(parts[:2]) if len(parts) > 1 else None
    return parts[0]


def within(module: str, allowed: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in allowed)


@pytest.mark.parametrize("name", MAY)
def test_a_layer_imports_only_what_lies_below_it(name: str) -> None:
    upward = [
        f"{module} imports {imported}"
        for module, file in MODULES.items()
        if layer(module) == name
        for imported, ours in imports(file)
        if ours
        and imported != "__version__"
        and not within(imported, MAY[name] | {name})
        and (module, imported) not in LOADED_LATE
    ]

    assert upward == []


def test_only_the_nexus_knows_sources_by_name() -> None:
    knowing = {
        layer(module)
        for module, file in MODULES.items()
        for imported, ours in imports(file)
        if ours and imported.startswith("sources.") and layer(imported) != layer(module)
    }

    assert knowing <= {"nexus"}


def test_only_clients_import_an_sdk() -> None:
    found = {
        module
        for module, file in MODULES.items()
        for _, ours in imports(file)
        if not ours and not module.startswith("simulator")
    }

    assert {module for module in found if ".client" not in module} == set()


def test_tasks_know_their_client_by_type_only() -> None:
    found = [
        f"{module} imports {imported}"
        for module, file in MODULES.items()
        if ".tasks" in module or ".models" in module
        for imported, ours in imports(file)
        if ours and ".client" in imported
    ]

    assert found == []


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after that."""
    script = f"import sys; {code}; print('\\n'.join({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_declarations_load_no_sdk_and_no_server() -> None:
    loaded = loaded_by("from inventory.catalog import Catalog; assert Catalog.load().models")

    assert loaded & set(NOT_FOR_DECLARATIONS) == set()


def test_the_errors_load_nothing() -> None:
    loaded = loaded_by("import inventory.errors")

    assert loaded & {"sqlalchemy", "pydantic", "psycopg", "graphql", *NOT_FOR_DECLARATIONS} == set()


def test_the_command_line_loads_no_schema_before_it_is_needed() -> None:
    loaded = loaded_by("import inventory.cli.main")

    assert loaded & {"sqlalchemy", "graphql", *NOT_FOR_DECLARATIONS} == set()
