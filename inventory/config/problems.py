"""What pydantic refused, as sentences for the one who wrote the file."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

from inventory.config.files import Place, Tree, TreeList
from inventory.config.model import Config
from inventory.config.values import Dsn, RedisEndpoint, Refused
from inventory.config.variables import section_of

_SECRET = re.compile(r"(?i)pass|secret|token|dsn|ca_cert_bytes|endpoint|payload")
_EXPECTED = {
    "bool": "true or false is expected",
    "int": "a whole number is expected",
    "float": "a number is expected",
    "string": "text is expected",
    "dict": "a mapping is expected, lines of `key: value`",
    "model": "a mapping is expected, lines of `key: value`",
    "tuple": "a list is expected, lines of `- value`",
    "path": "a path is expected",
}

Path = tuple[str | int, ...]


def sentences(error: ErrorDetails, data: Tree) -> Iterator[str]:
    """Each problem as `place: key: what is wrong and what is right`."""
    path: Path = error["loc"]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Refused):
        for key, text in cause.found:
            below = (*path, *_parts(key)) if key else path
            yield _said(below, data, text)
        return
    kind = error["type"]
    if kind == "extra_forbidden":
        yield _said(path, data, f"unknown key{_suggestion(path)}")
    elif kind == "missing":
        yield _said(path, data, "needed, and not given")
    elif kind == "literal_error":
        allowed = [part.strip(" '") for part in re.split(r",| or ", error["ctx"]["expected"])]
        close = difflib.get_close_matches(str(error["input"]), allowed, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        yield _said(
            path, data, f"one of {', '.join(allowed)} is expected{_shown(error, data)}{hint}"
        )
    else:
        expected = (
            _EXPECTED.get(kind.split("_")[0]) if kind.endswith(("_parsing", "_type")) else None
        )
        text = expected or (str(cause) if cause else _lower(error["msg"]))
        yield _said(path, data, f"{text}{_shown(error, data)}")


def _said(path: Path, data: Tree, text: str) -> str:
    place = place_of(path, data)
    return f"{place}: {dotted(path)}: {text}" if place else f"{dotted(path)}: {text}"


def dotted(path: Sequence[str | int]) -> str:
    """`scheduler.jobs[2].spec`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "the configuration"


def _parts(key: str) -> Iterator[str | int]:
    for word, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key):
        yield int(index) if index else word


def place_of(path: Path, data: Any) -> Place | None:
    """The place of the innermost part of a path that was written somewhere."""
    found: Place | None = None
    for part in path:
        if isinstance(data, Tree) and isinstance(part, str) and part in data:
            found = data.places.get(part, found)
            data = data[part]
        elif isinstance(data, TreeList) and isinstance(part, int) and part < len(data):
            found = data.places[part]
            data = data[part]
        else:
            break
    return found


def _shown(error: ErrorDetails, data: Tree) -> str:
    """The wrong value, unless it is or may be a secret."""
    path: Path = error["loc"]
    place = place_of(path, data)
    if place and place.written:
        return f", and the value of {place.written} is not that"
    if _is_secret(path) or isinstance(error["input"], dict | list | tuple | BaseModel):
        return ""
    try:
        text = json.dumps(error["input"], ensure_ascii=False)
    except TypeError:
        return ""
    return f", not {text if len(text) <= 60 else text[:57] + '…'}"


def _is_secret(path: Path) -> bool:
    field = _field(path)
    kinds = (SecretStr, Dsn, RedisEndpoint)
    if field is not None and any(part in kinds for part in (field, *get_args(field))):
        return True
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    return bool(_SECRET.search(last)) and last not in ("statement_timeout", "token_retriever")


def _field(path: Path) -> Any:
    """The annotation of the key at a path."""
    annotation: Any = Config
    for part in path:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif isinstance(part, int):
            annotation = get_args(annotation)[0] if get_args(annotation) else None
        else:
            section = section_of(annotation)
            field = section.model_fields.get(part) if section else None
            annotation = field.annotation if field else None
    return annotation


def _suggestion(path: Path) -> str:
    wrong = str(path[-1])
    section = section_of(_field(path[:-1]))
    if section is None:
        return ""
    close = difflib.get_close_matches(wrong, section.model_fields, 1, 0.6)
    if close:
        return f"; did you mean {dotted((*path[:-1], close[0]))}?"
    elsewhere = [key for key in _all_keys(Config, ()) if key[-1] == wrong]
    if 1 <= len(elsewhere) <= 3:
        return f"; did you mean {' or '.join(map(dotted, elsewhere))}?"
    listed = ", ".join(section.model_fields)
    return f"; {dotted(path[:-1])} knows {listed}" if path[:-1] else f"; there are {listed}"


def _all_keys(section: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        yield (*path, name)
        inner = section_of(field.annotation)
        if inner and get_origin(field.annotation) not in (dict, tuple):
            yield from _all_keys(inner, (*path, name))


def _lower(text: str) -> str:
    text = text.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    return text.replace("input should be", "must be").replace("string should", "must")
