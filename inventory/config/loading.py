"""Files, environment and flags → `Config`, with every problem in one message."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inventory.config.files import Place, Tree, TreeList, expand, read_file
from inventory.config.jobs import merge_jobs
from inventory.config.model import Config
from inventory.config.problems import dotted, sentences
from inventory.config.variables import from_environment, put
from inventory.errors import ConfigError

VERSION = "v1alpha1"


def load(
    paths: Sequence[Path | str] | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """Read the files in their order, the environment, and `overrides` (`{"database.dsn": …}`).

    Without paths, INVENTORY_CONFIG names them, separated by commas or colons; without that,
    defaults hold.  Mappings of several files merge key by key and a list replaces the list before
    it, except `scheduler.jobs`, which merge as `inventory.config.jobs.merge_jobs` says.  Raises
    ConfigError with every problem found.
    """
    environ = os.environ if environ is None else environ
    given = [os.fspath(path) for path in paths or ()] or paths_from(environ)
    names = [name for name in given if name]
    problems: list[str] = []
    data = Tree()
    unread = 0
    for name in names:
        tree = _file(name, environ, problems)
        unread += tree is None
        data = _merge(data, tree or Tree())
    if names and not (unread and "version" not in data):
        problems += _version(data)
    found, wrong = from_environment(environ, data)
    problems += wrong
    data = _merge(data, found)
    for key, value in (overrides or {}).items():
        if value is not None:
            put(data, tuple(key.split(".")), value, Place("command line"))
    return _config(data, problems)


def paths_from(environ: Mapping[str, str]) -> list[str]:
    """The files that INVENTORY_CONFIG names."""
    text = environ.get("INVENTORY_CONFIG", "")
    separators = "," if os.pathsep == ";" else f",{os.pathsep}"
    return [name.strip() for name in re.split(f"[{separators}]", text) if name.strip()]


def _file(name: str, environ: Mapping[str, str], problems: list[str]) -> Tree | None:
    try:
        tree = read_file(name)
    except ConfigError as error:
        problems.append(str(error))
        return None
    if tree is None:
        return Tree()
    if not isinstance(tree, Tree):
        problems.append(f"{name}: a mapping is expected, starting with `version: {VERSION}`")
        return None
    _expand(tree, environ, (), problems)
    return tree


def _expand(
    part: Any, environ: Mapping[str, str], path: tuple[str | int, ...], problems: list[str]
) -> None:
    """Replace the variables in every text, in place."""
    if isinstance(part, Tree):
        keys: list[Any] = list(part)
    elif isinstance(part, TreeList):
        keys = list(range(len(part)))
    else:
        return
    for key in keys:
        value, place = part[key], part.places[key]
        if not isinstance(value, str):
            _expand(value, environ, (*path, key), problems)
            continue
        if "${" not in value:
            continue
        try:
            part[key] = expand(value, environ)
        except KeyError as error:
            name = error.args[0]
            problems.append(
                f"{place}: {dotted((*path, key))}: the environment variable {name} is not set; "
                f"set it, or write ${{{name}:-default}}"
            )
        part.places[key] = Place(place.name, place.line, value)


def _merge(earlier: Tree, later: Tree) -> Tree:
    merged = earlier.merged(later)
    lists = [
        tree["scheduler"].get("jobs") if isinstance(tree.get("scheduler"), Tree) else None
        for tree in (earlier, later)
    ]
    first, second = lists
    if isinstance(first, TreeList) and isinstance(second, TreeList):
        merged["scheduler"]["jobs"] = merge_jobs(first, second)
    return merged


def _version(data: Tree) -> list[str]:
    if "version" not in data or data["version"] in (None, ""):
        return [f"version: needed, and not given; write `version: {VERSION}` into the first file"]
    if data["version"] == VERSION:
        return []
    place, given = data.places["version"], data["version"]
    data["version"] = VERSION
    return [f"{place}: version: this release reads {VERSION}, not {given!r}"]


def _config(data: Tree, problems: list[str]) -> Config:
    unset = {problem.split(": ")[1] for problem in problems if "environment variable" in problem}
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        for details in error.errors():
            if dotted(details["loc"]) not in unset:
                problems += [text for text in sentences(details, data) if text not in problems]
        config = None
    if problems or config is None:
        raise ConfigError(_message(problems))
    jobs = tuple(job for job in config.scheduler.jobs if job.is_enabled)
    if len(jobs) == len(config.scheduler.jobs):
        return config
    scheduler = config.scheduler.model_copy(update={"jobs": jobs})
    return config.model_copy(update={"scheduler": scheduler})


def _message(problems: list[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    lines = "".join(f"\n  {problem}" for problem in sorted(problems, key=_reading_order))
    return f"{len(problems)} problems in the configuration:{lines}"


def _reading_order(problem: str) -> tuple[str, int]:
    place = re.match(r"(.+?):(\d+)(?=[:\d]*: )", problem)
    return (place[1], int(place[2])) if place else ("", 0)
