"""Reading YAML: plain values that remember where they were written.

YAML 1.2 in what surprises people: only `true` and `false` are booleans, `1:30` and `0123` are text,
dates stay text, and a key may be given once.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import yaml

from inventory.errors import ConfigError

_MOST_NODES = 100_000
_DEEPEST = 50


@dataclass(frozen=True)
class Place:
    """Where a value was written."""

    name: str
    line: int | None = None
    written: str | None = None
    """The text before its variables were replaced; shown instead of the value."""

    def __str__(self) -> str:
        return f"{self.name}:{self.line}" if self.line else self.name


class Tree(dict[str, Any]):
    """A mapping that knows the place of each of its keys."""

    places: dict[str, Place]

    def __init__(self) -> None:
        super().__init__()
        self.places = {}

    def put(self, key: str, value: object, place: Place) -> None:
        self[key] = value
        self.places[key] = place

    def merged(self, later: Self) -> Self:
        """A tree with the keys of both; mappings merge, of anything else the later one counts."""
        result = type(self)()
        for tree in (self, later):
            for key, value in tree.items():
                before = result.get(key)
                if isinstance(before, Tree) and isinstance(value, Tree):
                    result[key] = before.merged(value)
                else:
                    result[key] = value
                if key in tree.places:
                    result.places[key] = tree.places[key]
        return result


class TreeList(list[Any]):
    """A list that knows the place of each of its entries."""

    places: list[Place]

    def __init__(self) -> None:
        super().__init__()
        self.places = []

    def put(self, value: object, place: Place) -> None:
        self.append(value)
        self.places.append(place)

    def copy(self) -> Self:
        result = type(self)()
        for value, place in zip(self, self.places, strict=True):
            result.put(value, place)
        return result


class _Loader(yaml.SafeLoader):
    """Scalars as in YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # as the base class declares it


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)",
        "-+0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def read_text(text: str, name: str) -> Any:
    """Read one document. Raises ConfigError naming the line and the column."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Reader(loader, name).value(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        hint = ""
        if "\t" in (error.problem or ""):
            hint = "; indent with spaces"
        raise ConfigError(f"{where}: {error.problem or error.context}{hint}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {' '.join(str(error).split())}") from error
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, loader: _Loader, name: str) -> None:
        self.loader = loader
        self.name = name
        self.nodes = 0

    def value(self, node: yaml.Node, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > _MOST_NODES or depth > _DEEPEST:
            raise ConfigError(f"{self._place(node)}: too many values, or one that contains itself")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            entries = TreeList()
            for part in node.value:
                entries.put(self.value(part, depth + 1), self._place(part))
            return entries
        return self.loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> Tree:
        given: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag.endswith(":merge"):
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"{self._place(key_node)}: a key must be a word")
            if key_node.value in given:
                raise ConfigError(
                    f"{self._place(key_node)}: the key {key_node.value} is given twice"
                )
            given.add(key_node.value)
        self.loader.flatten_mapping(node)
        tree = Tree()
        for key_node, part in node.value:
            tree.put(str(key_node.value), self.value(part, depth + 1), self._place(key_node))
        return tree

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.name, node.start_mark.line + 1)


def plain(value: Any) -> Any:
    """The same value without places."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


_VARIABLE = re.compile(
    r"\$(?P<kept>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}"
)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Replace `${NAME}` and `${NAME:-default}`; `$${` is a plain `${`.

    Raises KeyError for a variable that is not set.
    """

    def replacement(match: re.Match[str]) -> str:
        if match["kept"]:
            return "${"
        value = environ.get(match["name"], "")
        if value:
            return value
        if match["default"] is None:
            if match["name"] in environ:
                return ""
            raise KeyError(match["name"])
        return match["default"]

    return _VARIABLE.sub(replacement, text)


def read_file(path: str | os.PathLike[str]) -> Any:
    """Read a file. Raises ConfigError saying why it cannot be read."""
    name = os.fspath(path)
    try:
        with open(name, encoding="utf-8") as file:  # noqa: PTH123  # the name stays as it was given
            text = file.read()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{name}: there is no such file; see --config and INVENTORY_CONFIG"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: this is not text in UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    return read_text(text, name)
