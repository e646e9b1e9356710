"""Rows made by hand, stored and related."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg

from inventory.core.link import Link
from inventory.core.row import Row
from inventory.core.scope import Scope
from inventory.db.reconcile import reconcile
from inventory.db.store import store
from inventory.sources.gcp.scopes import ComputeScope
from inventory.sources.gcp.tasks.disk import attached_row, disk_row
from inventory.sources.gcp.tasks.instance import instance_row, nic_row
from inventory.sources.gcp.tasks.vpc import vpc_row
from tests.sources.gcp.google import PROJECT, REGION, ZONE

Database = psycopg.Connection[Any]
Pairs = list[tuple[str, ...]]


def write(db: Database, *rows: Row[Any]) -> None:
    """Store rows of any models, each in the scope of its project."""
    by_scope: dict[tuple[type, str], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        columns = row.model.columns()
        project = row[columns.index("project_id")] if "project_id" in columns else "all"
        by_scope[(row.model, str(project))].append(row)
    for (model, project), mine in by_scope.items():
        scope: Scope = ComputeScope(project)
        store(db, [model], scope, mine)


def pairs(db: Database, link: Link, a: str = "name", b: str = "name") -> Pairs:
    """Reconcile a link; its pairs by a column of each end, and the rule that found each."""
    reconcile(db, link)
    a_id, b_id = link.columns
    query = (
        f"select a.{a}::text, b.{b}::text, l.rule from {link.name} l"
        f" join {link.a.__tablename__} a on a.id = l.{a_id}"
        f" join {link.b.__tablename__} b on b.id = l.{b_id} order by 1, 2, 3"
    )
    return db.execute(query.encode()).fetchall()


def counter() -> Callable[[], int]:
    """Numbers for those who do not care which."""
    last = 2**63

    def following() -> int:
        nonlocal last
        last += 1
        return last

    return following


number = counter()


def instance(name: str, project: str = PROJECT, zone: str = ZONE, **more: Any) -> Row[Any]:
    known: dict[str, Any] = {
        "project_id": project,
        "instance_id": number(),
        "name": name,
        "zone": zone,
        "region": zone.rpartition("-")[0],
    }
    return instance_row(**known | more)


def nic(instance_id: int, **more: Any) -> Row[Any]:
    known: dict[str, Any] = {
        "project_id": PROJECT,
        "instance_id": instance_id,
        "name": "nic0",
        "region": REGION,
    }
    return nic_row(**known | more)


def vpc(name: str, project: str = PROJECT) -> Row[Any]:
    return vpc_row(project_id=project, vpc_id=number(), name=name)


def disk(name: str, project: str = PROJECT, zone: str | None = ZONE, **more: Any) -> Row[Any]:
    """A disk of a zone, or with None for the zone a regional one."""
    known: dict[str, Any] = {
        "project_id": project,
        "disk_id": number(),
        "name": name,
        "zone": zone,
        "region": zone.rpartition("-")[0] if zone else REGION,
        "is_regional": zone is None,
    }
    return disk_row(**known | more)


def attached(disk_id: int, disk_name: str, instance_name: str, zone: str = ZONE) -> Row[Any]:
    return attached_row(
        project_id=PROJECT,
        disk_id=disk_id,
        zone=zone,
        instance_name=instance_name,
        disk_name=disk_name,
        region=zone.rpartition("-")[0],
    )
