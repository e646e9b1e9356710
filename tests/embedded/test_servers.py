"""Real servers with one's data, and messages that tell what to do when there are none."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from inventory.embedded import binaries, default_home, home, services
from inventory.errors import ConfigError, DatabaseError, QueueError
from tests.embedded.support import (
    ORDINARY,
    open_services,
    query,
    queue,
)


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
