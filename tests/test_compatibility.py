"""`make check` fails on a schema that breaks clients, unless CHANGELOG.md says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OLD = "type Query { vpc: Vpc }\n\ntype Vpc { name: String cidr: String }\n"
NEW = OLD.replace(" cidr: String", "")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "schema.graphql").write_text(OLD)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\nThe first.\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "commit", "-qam", "some change")


def checked(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.compatibility"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_breaks_the_last_commit_fails_before_the_first_release(clone: Path) -> None:
    assert checked(clone) == (0, "")
    (clone / "schema.graphql").write_text(NEW)

    status, said = checked(clone)

    assert status == 1
    assert "Vpc.cidr: FIELD_REMOVED" in said
    assert "### Breaking" in said


def test_after_a_release_its_schema_counts_whatever_was_committed_since(clone: Path) -> None:
    git(clone, "tag", "v1.0")
    (clone / "schema.graphql").write_text(NEW)
    commit(clone)

    status, said = checked(clone)

    assert status == 1
    assert "since v1.0" in said


def test_what_the_changelog_names_may_break(clone: Path) -> None:
    (clone / "schema.graphql").write_text(NEW)
    log = clone / "CHANGELOG.md"
    log.write_text(log.read_text() + "\n### Breaking\n\n* `Vpc.cidr` is gone; ask `Vpc.cidrs`.\n")

    assert checked(clone) == (0, "")


def test_without_git_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(NEW)

    status, said = checked(tmp_path)

    assert status == 0
    assert "no earlier schema" in said
