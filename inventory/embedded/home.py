"""The folder under which embedded servers keep everything, and the account that they run as."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import ConfigError

MAX_SOCKET_PATH = 103
"""Linux takes 107 bytes and macOS 103."""
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


def default_home() -> Path:
    """INVENTORY_HOME, or the platform's folder for data of an application."""
    if named := os.environ.get("INVENTORY_HOME"):
        return Path(named)
    if os.geteuid() == 0 and sys.platform == "linux":
        # The servers of a root user run as another account, which may not enter /root.
        return Path("/var/lib/inventory")
    shared = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/share"
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or shared).expanduser() / "inventory"
    except RuntimeError as error:
        raise ConfigError(
            "this account has no home folder to keep the embedded servers' data in; "
            "set INVENTORY_HOME to a folder that you may write to"
        ) from error


@dataclass(frozen=True)
class Account:
    """Whom the servers run as."""

    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    def may_enter(self, path: Path) -> bool:
        """Whether each folder down to `path`, itself included, lets this account pass."""
        for folder in (path, *path.parents):
            try:
                found = folder.stat()
            except OSError:
                return False
            if found.st_uid == self.uid:
                needed = stat.S_IXUSR
            elif found.st_gid == self.gid:
                needed = stat.S_IXGRP
            else:
                needed = stat.S_IXOTH
            if not found.st_mode & needed:
                return False
        return True

    def own(self, path: Path) -> Path:
        if os.geteuid() == 0:
            try:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
            except OSError as error:
                raise ConfigError(
                    f"PostgreSQL does not run as root, and root may not hand {path} to account {self.uid} here "
                    f"({error.strerror}); start as an ordinary user, or set database.dsn and redis.endpoint"
                ) from error
        return path

    def folder(self, path: Path) -> Path:
        """Make a folder that this account alone may enter."""
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path).chmod(0o700)
        return path


@dataclass(frozen=True)
class Home:
    """The folders of one home. `base` is the home itself, except for a root user's home that the servers' account
    may not enter: then the servers' files are in `/var/lib/inventory/<id>`, and `home/data` leads there.
    """

    path: Path
    base: Path
    account: Account

    @property
    def sockets(self) -> Path:
        """Where the sockets are: short enough for their names, and closed to other accounts."""
        return (self.base / "run").resolve()

    @property
    def log(self) -> Path:
        return self.path / "log"

    @classmethod
    def prepare(cls, path: Path | str) -> Home:
        """Make the folders. Raises ConfigError, which names INVENTORY_HOME, where that cannot be done."""
        home = Path(path).expanduser().absolute()
        try:
            return cls._prepare(home)
        except OSError as error:
            raise ConfigError(
                f"{home}: the embedded servers cannot keep their data here ({error.strerror or error}); "
                "set INVENTORY_HOME to a folder that you may write to"
            ) from error

    @classmethod
    def _prepare(cls, home: Path) -> Home:
        home.mkdir(parents=True, exist_ok=True)
        # Asking is not enough: a read-only file system says no only when written to.
        with tempfile.TemporaryFile(dir=home):
            pass
        account = account_for(home)
        base = home if account.is_self or account.may_enter(home) else _outside(home, account)
        place = cls(home, base, account)
        account.own(_plain_folder(place.log))
        _prepare_sockets(base / "run", account)
        return place


def account_for(home: Path) -> Account:
    """Ourselves, unless we are root, whom PostgreSQL refuses to serve.

    Then the owner of the data that is there; else `inventory`, for machines that set one aside; else `nobody`.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for data in (home / "postgres", home / "data" / "postgres"):
        if data.exists() and (owner := data.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in ("inventory", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise ConfigError(
        "PostgreSQL does not run as root, and there is no account `inventory` or `nobody` to run it as; "
        "start as an ordinary user, or set database.dsn and redis.endpoint"
    )


def state_folder() -> Path:
    """A root user's place for what other accounts must reach."""
    for folder in (Path("/var/lib/inventory"), Path("/var/tmp/inventory-root")):  # noqa: S108 - owner checked
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == 0:
                folder.chmod(0o755)
                with tempfile.TemporaryFile(dir=folder):
                    return folder
        except OSError:
            continue
    raise ConfigError(
        "started by root, the embedded servers need a folder that another account may enter, and neither "
        "/var/lib nor /var/tmp can be written to; set INVENTORY_HOME to one that can"
    )


def _outside(home: Path, account: Account) -> Path:
    """The folder outside of `home`, found by an id inside of it, so that deleting the home forgets the data."""
    link = home / "data"
    state = state_folder()
    if link.is_symlink() and (known := link.readlink()).parent == state and known.is_dir():
        return known
    for other in state.iterdir():
        marker = other / "home"
        if marker.is_file() and _is_forgotten(Path(marker.read_text()), home):
            _end_and_remove(other)
    base = state / secrets.token_hex(6)
    base.mkdir(mode=0o755)
    base.chmod(0o755)
    (base / "home").write_text(str(home))
    link.unlink(missing_ok=True)
    link.symlink_to(base)
    return base


def _is_forgotten(known: Path, home: Path) -> bool:
    """Whether a home was deleted: one of the same path, or one in the temporary folder. Others may be on a disk that is
    not mounted now.
    """
    temporary = Path(tempfile.gettempdir()).resolve() in known.resolve().parents
    return known == home or (temporary and not known.exists())


def _end_and_remove(base: Path) -> None:
    from inventory.embedded.postgres import leftover
    from inventory.embedded.process import end

    if pid := leftover(base / "postgres"):
        end(pid)
    shutil.rmtree(base, ignore_errors=True)


def _plain_folder(path: Path) -> Path:
    path.mkdir(mode=0o750, exist_ok=True)
    return path


def _prepare_sockets(run: Path, account: Account) -> None:
    """Make `run`: a folder, or a link to one in the temporary folder if its path would be too long, or hold a comma,
    which separates addresses.
    """
    full = run.parent.resolve() / run.name / LONGEST_SOCKET_NAME
    if len(os.fsencode(full)) <= MAX_SOCKET_PATH and "," not in str(full):
        account.folder(run)
        return
    if run.is_symlink() and run.is_dir() and run.stat().st_uid == account.uid:
        return
    # The name cannot be guessed, so nobody can have made it before us.
    digest = hashlib.sha256(os.fsencode(run)).hexdigest()[:8]
    short = Path(tempfile.mkdtemp(prefix=f"inventory-{digest}-", dir=_short_temporary_folder()))
    account.folder(short)
    run.unlink(missing_ok=True)
    run.symlink_to(short)


def _short_temporary_folder() -> str:
    # macOS gives each user a temporary folder whose path is half the limit.
    named = tempfile.gettempdir()
    return named if len(named) <= 40 else "/tmp"  # noqa: S108 - mkdtemp below it
