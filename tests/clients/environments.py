"""Environments of client generators, made from locks once per machine and kept outside of the repository."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"
SCHEMA = Path(__file__).parents[2] / "schema.graphql"


def unavailable(reason: str) -> NoReturn:
    """Skip; but where tests decide what is released, as in CI, fail: nobody reads what was skipped there."""
    if os.environ.get("CI") and shutil.which("node"):
        pytest.fail(reason)
    pytest.skip(reason)


def cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "inventory-client-tests"


@contextmanager
def made(name: str, *locks: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """The folder of these locks, made by the first who needs it. Others wait."""
    digest = hashlib.sha256(b"\0".join(lock.read_bytes() for lock in locks)).hexdigest()[:16]
    folder = cache() / f"{name}-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ready = folder / ".ready"
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                make(folder)
                ready.touch()
    except OSError as error:
        unavailable(f"{folder} cannot be made: {error}")
    yield folder


def run(
    command: Sequence[str | Path], folder: Path, *, seconds: float, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A command's output; it is for the caller to look at its status."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INVENTORY_", "PYTHON"))}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def installed(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        unavailable(f"{what} cannot be installed: {' '.join(said)}")


def python_environment(folder: Path) -> None:
    """A virtual environment with what the example's lock says."""
    venv, lock = folder / "venv", EXAMPLES / "python" / "requirements.lock"
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        installed(run([uv, "venv", "--clear", "-q", venv], folder, seconds=60), "a Python")
        install: list[str | Path] = [uv, "pip", "install", "-q", "-p", venv / "bin" / "python"]
    else:
        installed(run([sys.executable, "-m", "venv", venv], folder, seconds=60), "a Python")
        install = [venv / "bin" / "python", "-m", "pip", "install", "-q"]
    index = run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], folder, seconds=30
    )
    mirror = {"UV_DEFAULT_INDEX": index.stdout.strip()} if index.stdout.strip() else {}
    done = run([*install, "--require-hashes", "-r", lock], folder, seconds=110, **mirror)
    installed(done, "ariadne-codegen")


def node_environment(folder: Path) -> None:
    """`node_modules` as the example's lock says."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EXAMPLES / "typescript" / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    done = run([*command, "--fetch-retries=1", "--fetch-timeout=20000"], folder, seconds=110)
    installed(done, "graphql-codegen")


def copied(name: str, target: Path) -> Path:
    """The example and the schema where it expects it, in a folder that may be written to."""
    folder = target / "examples" / "clients" / name
    made_here = ("node_modules", "build", "gql", ".venv", "inventory_client", ".mypy_cache")
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(*made_here))
    shutil.copy(SCHEMA, target)
    return folder
