"""Environment variables: `INVENTORY_DATABASE_DSN` is `database.dsn`, and so for every scalar."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from inventory.config.files import Place, Tree
from inventory.config.model import Config
from inventory.config.values import Section

PREFIX = "INVENTORY_"
_ORIGINAL = {"DATABASE_URI": ("database", "dsn"), "REDIS_ENDPOINT": ("redis", "endpoint")}
_OTHERS = {"INVENTORY_CONFIG", "INVENTORY_VERSION"}
# Kubernetes describes every service to every pod, one called inventory-api with the variable
# INVENTORY_API_PORT=tcp://10.0.0.1:8080.
_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_\d+_(TCP|UDP)(_.+)?)?$")


def section_of(annotation: Any) -> type[Section] | None:
    """The section that an annotation holds, alone or as an option."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, Section):
            return part
    return None


def variables(data: Mapping[str, Any] | None = None) -> dict[str, tuple[str, ...]]:
    """Each variable's name and the key that it sets; of named things, those that `data` has."""
    return dict(_walk(Config, (), data or {}))


def _walk(
    section: type[BaseModel], path: tuple[str, ...], data: Any
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, field in section.model_fields.items():
        here = (*path, name)
        below = data.get(name) if isinstance(data, Mapping) else None
        kind = get_origin(field.annotation)
        inner = section_of(field.annotation)
        if kind is dict:
            named = section_of(get_args(field.annotation)[1])
            if named and isinstance(below, Mapping):
                for key, part in below.items():
                    yield from _walk(named, (*here, str(key)), part)
        elif kind is tuple:
            if inner is None:
                yield variable(here), here
        elif inner is not None:
            yield from _walk(inner, here, below)
        elif name != "version":
            yield variable(here), here


def variable(path: tuple[str, ...]) -> str:
    """The name of the variable that sets a key."""
    return PREFIX + re.sub(r"[^A-Z0-9]+", "_", "_".join(path).upper())


def from_environment(environ: Mapping[str, str], data: Mapping[str, Any]) -> tuple[Tree, list[str]]:
    """What the environment sets, and what is wrong with it."""
    known = variables(data)
    tree = Tree()
    problems = []
    for name, path in _ORIGINAL.items():
        if environ.get(name):
            put(tree, path, environ[name], Place(name))
    for name in sorted(environ):
        value = environ[name]
        if not name.startswith(PREFIX) or name in _OTHERS or not value:
            continue
        if _KUBERNETES.search(name) and (name not in known or "://" in value):
            continue
        if name in known:
            put(tree, known[name], _value(known[name], value), Place(name))
            continue
        close = difflib.get_close_matches(
            name.removeprefix(PREFIX), [key.removeprefix(PREFIX) for key in known], 1, 0.82
        )
        if close:
            problems.append(f"{name}: no such setting; did you mean {PREFIX}{close[0]}?")
    return tree, problems


def put(tree: Tree, path: tuple[str, ...], value: object, place: Place) -> None:
    """Set a value deep inside a tree."""
    for key in path[:-1]:
        if not isinstance(tree.get(key), Tree):
            tree.put(key, Tree(), place)
        tree = tree[key]
    tree.put(path[-1], value, place)


def _value(path: tuple[str, ...], text: str) -> object:
    """Split what is a list; pydantic reads the rest."""
    section: Any = Config
    annotation: Any = None
    for key in path:
        field = section.model_fields.get(key) if section else None
        annotation = field.annotation if field else section
        if get_origin(annotation) is dict:
            section = section_of(get_args(annotation)[1])
        elif field:
            section = section_of(annotation)
    if get_origin(annotation) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
