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

    assert (found.status, found.json) == (0, {"breaking": []})


def test_a_field_that_went_is_named(inventory: Inventory, tmp_path: Path) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(OLD)
    new.write_text(OLD.replace(" cidr: String", ""))

    found = inventory("schema", "diff", str(old), str(new))

    assert found.status == 1
    assert "Vpc.cidr" in found.out
    assert "1 change would break clients" in found.err


def test_what_is_no_schema_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    old = tmp_path / "old.graphql"
    old.write_text("type {")

    found = inventory("schema", "diff", str(old), str(old))

    assert found.status == 1
    assert "this is no GraphQL schema" in found.err
