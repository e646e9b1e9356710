"""Who starts the servers, who stops them, and what a kill leaves behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from inventory.embedded.process import is_alive
from tests.embedded.support import (
    User,
    open_services,
    pids,
    query,
    queue,
)


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
