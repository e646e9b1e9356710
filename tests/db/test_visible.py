"""The views of those who may not see everything."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from inventory.catalog import Catalog
from inventory.core.access import Pattern, Restriction
from inventory.db import migrate, visible


def views(db: psycopg.Connection[Any], schema: str) -> set[str]:
    rows = db.execute("SELECT viewname FROM pg_views WHERE schemaname = %s", (schema,))
    return {name for (name,) in rows}


def test_every_table_of_the_catalog_has_a_view(db: psycopg.Connection[Any]) -> None:
    assert views(db, visible.RESTRICTED) == set(Catalog.load().tables)


def test_what_has_no_view_does_not_exist(db: psycopg.Connection[Any]) -> None:
    db.execute("SET search_path = inventory_restricted")

    with pytest.raises(psycopg.errors.UndefinedTable):
        db.execute("SELECT * FROM alembic_version")


def test_who_was_not_told_what_to_see_sees_an_error(db: psycopg.Connection[Any]) -> None:
    db.execute("SET search_path = inventory_restricted")
    db.execute("INSERT INTO public.aws_vpc (scope_id, account_id, region_name, vpc_id, is_default)"
               " SELECT gen_random_uuid(), '1', 'r', 'v', false")  # fmt: skip

    with pytest.raises(psycopg.errors.UndefinedObject, match=r"inventory\.aws_vpc"):
        db.execute("SELECT count(*) FROM aws_vpc")


def test_views_are_made_once_and_again_after_a_change(database: str) -> None:
    catalog = Catalog.load()
    with psycopg.connect(database, autocommit=True) as db, db.transaction():
        assert visible.refresh(db, catalog) is False
        db.execute("ALTER TABLE public.aws_vpc ADD COLUMN more text")
        assert visible.refresh(db, catalog) is True
        assert visible.refresh(db, catalog) is False
        assert db.execute(
            "SELECT 1 FROM pg_attribute WHERE attname = 'more'"
            " AND attrelid = 'inventory_restricted.aws_vpc'::regclass"
        ).fetchall() == [(1,)]
        raise psycopg.Rollback


def test_a_migration_may_change_what_views_show(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    steps = len(migrate.history(empty_database))

    migrate.downgrade(empty_database, steps)
    migrate.upgrade(empty_database)

    with psycopg.connect(empty_database) as db:
        assert views(db, visible.RESTRICTED) == set(Catalog.load().tables)


@pytest.mark.parametrize(
    ("restriction", "patterns"),
    [
        (Restriction(), ()),
        (Restriction(sources=("aws", "g")), (Pattern("aws"), Pattern("g"))),
        (
            Restriction(sources=("aws", "g"), accounts=("1*",)),
            (Pattern("g"), Pattern("aws", account="1*")),
        ),
        (Restriction(projects=("p",)), (Pattern("gcp", account="p"),)),
        (
            Restriction(seeds=("*",)),
            (Pattern("g", scope="*", but=("garden", "++garden++")),),
        ),
        (Restriction(scopes=("aws/1/eu-*",)), (Pattern("aws", scope="1/eu-*"),)),
    ],
)  # fmt: skip
def test_what_a_restriction_names(restriction: Restriction, patterns: tuple[Pattern, ...]) -> None:
    assert restriction.patterns() == patterns


@pytest.mark.parametrize(
    ("glob", "pattern"),
    [("a*", "a%"), ("a?c", "a_c"), ("100%", "100\\%"), ("a_b", "a\\_b"), ("\\*", "\\\\%")],
)
def test_globs_are_taken_literally_but_for_their_wildcards(glob: str, pattern: str) -> None:
    assert visible.like(glob) == pattern
