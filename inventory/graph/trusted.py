"""Trusted documents: operations that were known when the service started, asked for by their ids.

Read are the manifests that code generators write, and folders of `.graphql` files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from inventory.errors import ConfigError
from inventory.graph.documents import Document, Documents
from inventory.graph.errors import Refusal

HASH = re.compile("[0-9a-f]{64}")
MANIFEST = "apollo-persisted-query-manifest"
SHOWN = 10


@dataclass(frozen=True)
class Trusted:
    """A document as a file holds it."""

    id: str
    text: str
    place: str
    """The file and, in a manifest, the entry."""

    @property
    def ids(self) -> set[str]:
        """What clients may call it: as the manifest does, and by the hash of its text."""
        own = f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"
        return {self.id, own, *([f"sha256:{self.id}"] if HASH.fullmatch(self.id) else [])}


class TrustedDocuments:
    """The store: read and validated once, kept for good."""

    def __init__(self, found: Iterable[Trusted], documents: Documents) -> None:
        """Raises ConfigError that names every file and operation that is not valid."""
        self.texts: dict[str, str] = {}
        self.known: list[tuple[Trusted, Document]] = []
        places: dict[str, str] = {}
        wrong: list[str] = []
        for each in found:
            for name in each.ids:
                if self.texts.setdefault(name, each.text) != each.text:
                    raise ConfigError(
                        f"{each.place}: {places[name]} has another text under the same id"
                    )
                places.setdefault(name, each.place)
            try:
                self.known.append((each, documents.pin(each.text)))
            except Refusal as refusal:
                wrong += [
                    f"{each.place}: {_named(each.text)}: {error.message}"
                    for error in refusal.errors
                ]
        if wrong:
            more = f"\n… and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            raise ConfigError("\n".join(wrong[:SHOWN]) + more)

    def text(self, document_id: str) -> str | None:
        """The document of this id."""
        return self.texts.get(document_id)


def read(paths: Iterable[Path]) -> Iterator[Trusted]:
    """The documents of files and folders. Raises ConfigError naming the file."""
    for path in paths:
        if path.is_dir():
            files = sorted(each for each in path.rglob("*") if each.suffix in (".json", ".graphql"))
            if not files:
                raise ConfigError(f"{path}: holds no .graphql and no .json file")
        else:
            files = [path]
        for file in files:
            yield from _read(file)


def _read(file: Path) -> Iterator[Trusted]:
    try:
        content = file.read_bytes()
        if file.suffix != ".json":
            text = content.decode()
            yield Trusted(f"sha256:{hashlib.sha256(content).hexdigest()}", text, str(file))
            return
        given = orjson.loads(content)
    except OSError as error:
        raise ConfigError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}") from error
    except ValueError as error:
        raise ConfigError(f"{file}: not JSON: {error}") from error
    for document_id, text in _entries(given, file):
        place = f"{file}: {str(document_id)[:80]}"
        if not isinstance(document_id, str) or not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{place}: an id and the text of a document are expected")
        yield Trusted(document_id, text, place)


def _entries(given: Any, file: Path) -> Iterable[tuple[Any, Any]]:
    if isinstance(given, dict) and given.get("format") == MANIFEST:
        operations = given.get("operations")
        if isinstance(operations, list) and all(isinstance(each, dict) for each in operations):
            return [(each.get("id"), each.get("body")) for each in operations]
    elif isinstance(given, dict):
        return given.items()
    raise ConfigError(
        f"{file}: expected is a JSON object of ids and documents, as graphql-codegen "
        "(persisted-documents.json) and Relay (persisted queries) write it, or Apollo's manifest"
    )


def _named(text: str) -> str:
    found = re.search(r"\b(query|mutation|subscription|fragment)\s+(\w+)", text)
    return " ".join(found.groups()) if found else "an operation without a name"
