"""`inventory schema diff`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Inventory

OLD = "type Query { vpc: Vpc }\ntype Vpc { name: String cidr: String }\n"


def test_a_schema_that_grew_breaks_nobody(inventory: Inventory, tmp_path: Path) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(OLD)
    new.write_text(OLD.replace("cidr: String", "cidr: String tags: String"))

    found = inventory("schema", "diff", str(old), str(new), "--json")

    safe = ["FIELD_ADDED: Field Vpc.tags was added."]
    assert (found.status, found.json) == (
        0,
        {"breaking": [], "dangerous": [], "safe": safe, "undeclared": []},
    )


def test_a_field_that_went_is_named(inventory: Inventory, tmp_path: Path) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(OLD)
    new.write_text(OLD.replace(" cidr: String", ""))

    found = inventory("schema", "diff", str(old), str(new))

    assert found.status == 1
    assert "Vpc.cidr" in found.out
    assert "1 change would break clients" in found.err


def test_a_change_that_the_changelog_declares_may_break(
    inventory: Inventory, tmp_path: Path
) -> None:
    old, new, changelog = (tmp_path / name for name in ("old", "new", "CHANGELOG.md"))
    old.write_text(OLD)
    new.write_text(OLD.replace(" cidr: String", ""))
    changelog.write_text("# Changelog\n\n## Unreleased\n\n### Breaking\n\n* `Vpc.cidr` is gone.\n")

    found = inventory("schema", "diff", str(old), str(new), "--declared", str(changelog))

    assert found.status == 0
    assert "Breaks clients:\n  FIELD_REMOVED: Field Vpc.cidr was removed." in found.out
    changelog.write_text("## Unreleased\n\n## 1.0\n\n### Breaking\n\n* `Vpc.cidr` is gone.\n")
    found = inventory("schema", "diff", str(old), str(new), "--declared", str(changelog))
    assert found.status == 1
    assert "name each under Breaking" in found.err


def test_what_is_no_schema_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    old = tmp_path / "old.graphql"
    old.write_text("type {")

    found = inventory("schema", "diff", str(old), str(old))

    assert found.status == 1
    assert "this is no GraphQL schema" in found.err
