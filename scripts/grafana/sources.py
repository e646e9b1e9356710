"""One dashboard per source: how many there are of each model, and how they are spread."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from inventory.catalog import Catalog
from inventory.core.model import Resource
from inventory.core.source import Source
from scripts.grafana.panels import (
    Dashboard,
    Panel,
    Row,
    Variable,
    bars,
    lines,
    number,
    shares,
    table,
)

# What people group by, in the order in which it is of interest; of each model the first few.
DIMENSIONS = (
    *("region_name", "region", "location", "seed_name", "cloud_profile", "provider_type"),
    *("instance_type", "machine_type", "volume_type", "interface_type", "address_type", "type"),
    *("record_type", "status", "state", "k8s_version", "kubernetes_version"),
    *("current_master_version", "gardener_version", "load_balancing_scheme", "scheme"),
    *("ip_protocol", "network_tier", "storage_class", "default_storage_class", "zone", "az"),
    *("arch", "cpu_platform", "purpose", "role", "kind", "project_name", "platform"),
)
MOST_DIMENSIONS = 5
ACCOUNTS = ("account_id", "project_id")
SIZES = {"size_gib": "GiB", "volume_size_gib": "GiB", "size_gb": "GB"}
YEARS = ("creation_timestamp", "creation_date")
LONG_RUNNING = 180
KEPT_OUT = frozenset({"aws_region", "aws_az"})
"""Too few rows, or one per region anyway: a number says all."""


def dashboard(catalog: Catalog, source: Source) -> Dashboard:
    """Everything that is known of one source."""
    models = [model for model in catalog if issubclass(model, Resource) and model.source is source]
    variable = next(iter(_variables(source, models)), None)
    totals = tuple(
        number(plural(model), f"SELECT count(*) FROM {_from(model)}") for model in models
    )
    rows = [
        Row("How many", totals),
        Row(
            "Over time",
            (
                lines(
                    "Resources by model",
                    ("{{model}}", _held(source, "model")),
                    width=12,
                    about="From complete listings.",
                ),
                lines(
                    "Resources by account" if variable else "Resources by region",
                    *_spread(source, by_account=variable is not None),
                    width=12,
                ),
            ),
        ),
    ]
    rows += [
        Row(plural(model), panels, folded=place >= 3)
        for place, (model, panels) in enumerate(_by_model(models))
    ]
    return Dashboard(
        f"inventory-{source.key}",
        f"Inventory: {source.label}",
        f"What was collected from {source.label}, read from PostgreSQL.",
        tuple(rows),
        (variable,) if variable else (),
        refresh="5m",
        span="now-7d",
    )


def plural(model: type[Resource]) -> str:
    """`network_interface` → `Network interfaces`, as people read it."""
    words = str(model.registered_name()).rpartition(":")[2].split("_")
    last = words[-1]
    if last in ("vpc", "az", "nic"):
        words[-1] = f"{last.upper()}s"
    elif last.endswith("y") and last[-2] not in "aeo":
        words[-1] = f"{last[:-1]}ies"
    else:
        words[-1] = f"{last}es" if last.endswith("s") else f"{last}s"
    words = [
        word.upper() if word in ("dns", "ip", "iam", "gke", "dhcp") else word for word in words
    ]
    text = " ".join(words)
    return text[0].upper() + text[1:]


def _held(source: Source, by: str) -> str:
    inner = (
        f'max by (source, model, account, region) (inventory_resources{{source="{source.key}"}})'
    )
    return f"sum by ({by}) ({inner})"


def _spread(source: Source, *, by_account: bool) -> Iterator[tuple[str, str]]:
    label = "account" if by_account else "region"
    yield f"{{{{{label}}}}}", _held(source, label)


def _variables(source: Source, models: list[type[Resource]]) -> Iterator[Variable]:
    """The account to look at, where the source has such."""
    if any(_account(model) for model in models):
        named = "Project" if any("project_id" in model.columns() for model in models) else "Account"
        yield Variable(
            "account",
            named,
            "SELECT DISTINCT account FROM common_scope"
            f" WHERE source = '{source.key}' AND account IS NOT NULL ORDER BY 1",
        )


def _account(model: type[Resource]) -> str | None:
    return next((column for column in ACCOUNTS if column in model.columns()), None)


def _from(model: type[Resource], alias: str = "") -> str:
    """A model's rows of the chosen accounts."""
    column = _account(model)
    table_name = f"{model.__tablename__} {alias}".strip()
    prefix = f"{alias}." if alias else ""
    where = f"{prefix}{column} IN (${{account:sqlstring}})" if column else "true"
    return f"{table_name} WHERE {where}"


def _by_model(models: list[type[Resource]]) -> Iterator[tuple[type[Resource], tuple[Panel, ...]]]:
    for model in models:
        panels = (*_groups(model), *_special(model))
        if panels and str(model.__tablename__) not in KEPT_OUT:
            yield model, panels


def _groups(model: type[Resource]) -> Iterator[Panel]:
    """By each dimension: rings for what has few values, bars for what has many."""
    columns = model.__table__.c
    chosen = [
        name
        for name in DIMENSIONS
        if name in columns and isinstance(columns[name].type, sa.Text) and name != model.display
    ][:MOST_DIMENSIONS]
    for name in chosen:
        word = name.removesuffix("_name").replace("_", " ").replace("k8s", "Kubernetes")
        sql = (
            f"SELECT coalesce({name}, 'none') AS \"{word}\", count(*) AS count"
            f" FROM {_from(model)} GROUP BY 1 ORDER BY 2 DESC LIMIT 20"
        )
        draw = bars if name.startswith(("region", "seed", "zone", "project")) else shares
        yield draw(f"{plural(model)} by {word}", sql)


def _special(model: type[Resource]) -> Iterator[Panel]:
    """What follows from a kind of column, and what is worth a panel of its own."""
    columns, rows = model.columns(), _from(model)
    for column, unit in SIZES.items():
        if column in columns:
            yield number(
                f"{plural(model)}: total {unit}",
                f"SELECT coalesce(sum({column}), 0) FROM {rows}",
                unit="decgbytes" if unit == "GB" else "gbytes",
            )
    if "launch_time" in columns:
        old = f"launch_time < now() - interval '{LONG_RUNNING} days' AND state = 'running'"
        yield number("Running for half a year", f"SELECT count(*) FROM {rows} AND {old}")
        yield table(
            "Running for half a year",
            f"SELECT name, instance_id, account_id, region_name, instance_type, launch_time"
            f" FROM {rows} AND {old} ORDER BY launch_time LIMIT 100",
        )
    for column in ("public_ip_address", "public_ip", "nat_ip"):
        if column in columns:
            yield number(
                f"{plural(model)} with a public address",
                f"SELECT count(*) FROM {rows} AND {column} IS NOT NULL",
            )
    if str(model.__tablename__) in ("g_project", "g_shoot"):
        yield bars(
            f"{plural(model)} by year",
            "SELECT to_char(creation_timestamp, 'YYYY') AS year, count(*) AS count"
            f" FROM {rows} AND creation_timestamp IS NOT NULL GROUP BY 1 ORDER BY 1",
        )
    yield from OWN.get(str(model.__tablename__), ())


OWN: dict[str, tuple[Panel, ...]] = {
    "g_project": (
        table(
            "Projects with the most shoots",
            "SELECT p.name AS project, p.owner, count(*) AS shoots FROM g_shoot s"
            " JOIN g_project p ON p.name = s.project_name GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10",
            width=12,
        ),
    ),
    "g_shoot": (
        bars(
            "Shoots by cloud profile and region",
            "SELECT concat_ws(' ', cloud_profile, region) AS place, count(*) AS count"
            " FROM g_shoot GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
        ),
        number("Hibernated shoots", "SELECT count(*) FROM g_shoot WHERE is_hibernated"),
    ),
    "g_machine": (
        bars(
            "Shoots with the most machines",
            "SELECT namespace AS shoot, count(*) AS count FROM g_machine GROUP BY 1"
            " ORDER BY 2 DESC LIMIT 20",
        ),
    ),
    "gcp_iam_role_member": (
        bars(
            "Principals with the most roles",
            "SELECT member, count(DISTINCT role) AS roles FROM gcp_iam_role_member GROUP BY 1"
            " ORDER BY 2 DESC LIMIT 20",
        ),
        table(
            "Roles of principals",
            "SELECT member, role, resource_type, resource_name FROM gcp_iam_role_member"
            " ORDER BY 1, 2 LIMIT 500",
        ),
    ),
    "aws_subnet": (
        table(
            "Subnets with the fewest free addresses",
            "SELECT name, subnet_id, vpc_id, region_name, ipv4_cidr::text AS block,"
            " available_ipv4_addresses AS free FROM aws_subnet"
            " WHERE account_id IN (${account:sqlstring}) ORDER BY free LIMIT 20",
        ),
    ),
}
