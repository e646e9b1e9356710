"""What was left behind, how fresh everything is, and how the service does."""

from __future__ import annotations

from inventory.catalog import Catalog
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
from scripts.grafana.sources import SIZES, plural

OPEN = (
    "FROM common_leak WHERE resolved_at IS NULL AND NOT is_withheld AND rule IN (${rule:sqlstring})"
)
LEVELS = ((None, "green"), (1.0, "orange"))
BAD = ((None, "green"), (1.0, "red"))


def leaks(catalog: Catalog) -> Dashboard:
    """What was left behind: by rule, by who pays, row by row."""
    sources = list(dict.fromkeys(rule.model.source for rule in catalog.leaks.values()))
    rows = [
        Row(
            "At a glance",
            (
                number("Open findings", f"SELECT count(*) {OPEN}", thresholds=LEVELS),
                number(
                    "Surer than 80 %",
                    f"SELECT count(*) {OPEN} AND confidence >= 0.8",
                    thresholds=LEVELS,
                ),
                number(
                    "New this week",
                    f"SELECT count(*) {OPEN} AND first_detected_at > now() - interval '7 days'",
                ),
                number(
                    "Rules that cannot answer",
                    "SELECT count(*) FROM common_leak_rule WHERE status <> 'answered'",
                    thresholds=LEVELS,
                ),
                *_sizes(catalog),
            ),
        ),
        Row(
            "How they are spread",
            (
                bars(
                    "Open findings by rule",
                    f"SELECT rule, count(*) AS count {OPEN} GROUP BY 1 ORDER BY 2 DESC LIMIT 30",
                ),
                bars(
                    "Open findings by account",
                    f"SELECT coalesce(account, 'none') AS account, count(*) AS count {OPEN}"
                    " GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
                ),
                shares(
                    "Open findings by region",
                    f"SELECT coalesce(region, 'none') AS region, count(*) AS count {OPEN}"
                    " GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
                ),
                lines(
                    "Open findings over time",
                    ("{{rule}}", 'max by (rule) (inventory_leaks{status="open"})'),
                    width=24,
                ),
            ),
        ),
        Row(
            "All of them",
            (
                table(
                    "Open findings, the surest first",
                    "SELECT rule, resource_table AS kind, resource_name AS name, account, region,"
                    f" confidence, first_detected_at AS since, reason {OPEN}"
                    " ORDER BY confidence DESC, first_detected_at LIMIT 1000",
                    height=16,
                ),
            ),
        ),
        *(
            Row(
                f"Rules of {source.label}",
                tuple(
                    number(
                        rule.name,
                        "SELECT count(*) FROM common_leak WHERE resolved_at IS NULL"
                        f" AND NOT is_withheld AND rule = '{rule.name}'",
                        width=6,
                        thresholds=LEVELS,
                        about=rule.doc,
                    )
                    for rule in catalog.leaks.values()
                    if rule.model.source is source
                ),
            )
            for source in sources
        ),
        Row(
            "What the rules could see",
            (
                table(
                    "Rules",
                    "SELECT name AS rule, status, open_findings AS open, unjudged, evaluated_at,"
                    " why FROM common_leak_rule ORDER BY status DESC, name",
                ),
            ),
        ),
    ]
    variable = Variable("rule", "Rule", "SELECT name FROM common_leak_rule ORDER BY 1")
    return Dashboard(
        "inventory-leaks",
        "Inventory: leaks",
        "What was left behind, and what the rules that say so could see.",
        tuple(rows),
        (variable,),
        refresh="5m",
        span="now-30d",
    )


def _sizes(catalog: Catalog) -> list[Panel]:
    """How much space the leaked volumes and disks take."""
    tables = {str(rule.model.__tablename__): rule.model for rule in catalog.leaks.values()}
    return [
        number(
            f"Space of leaked {plural(model).lower()}",
            f"SELECT coalesce(sum(r.{column}), 0) FROM common_leak l"
            f" JOIN {name} r ON r.id = l.resource_id"
            f" WHERE l.resource_table = '{name}' AND l.resolved_at IS NULL"
            " AND NOT l.is_withheld AND l.rule IN (${rule:sqlstring})",
            unit="gbytes",
        )
        for name, model in sorted(tables.items())
        for column in SIZES
        if column in model.columns()
    ]


def freshness() -> Dashboard:
    """When everything was last seen, and what stands in the way."""
    chosen = "FROM common_scope WHERE source IN (${source:sqlstring})"
    oldest = "max by (source, model) (inventory_scope_age_seconds)"
    rows = (
        Row(
            "At a glance",
            (
                number("Scopes", f"SELECT count(*) {chosen}"),
                number(
                    "Not complete",
                    f"SELECT count(*) {chosen} AND status NOT IN ('complete', 'running')",
                    thresholds=BAD,
                ),
                number(
                    "Wait for a confirmation",
                    f"SELECT count(*) {chosen} AND status = 'suspicious'",
                    thresholds=BAD,
                ),
                number(
                    "Older than a day",
                    f"SELECT count(*) {chosen} AND coalesce(last_complete_at, created_at)"
                    " < now() - interval '1 day'",
                    thresholds=BAD,
                ),
                number(
                    "Links not up to date",
                    "SELECT count(*) FROM common_link"
                    " WHERE requested_at IS NOT NULL OR error IS NOT NULL",
                    thresholds=LEVELS,
                ),
            ),
        ),
        Row(
            "Over time",
            (
                lines(
                    "Age of the oldest listing, by model", ("{{model}}", oldest), unit="s", width=16
                ),
                lines(
                    "Scopes by how their last attempt ended",
                    (
                        "{{status}}",
                        "sum by (status) (max by (source, model, status) (inventory_scopes))",
                    ),
                ),
            ),
        ),
        Row(
            "By model",
            (
                table(
                    "Models",
                    "SELECT model, count(*) AS scopes, sum(rows_seen) AS rows,"
                    " min(last_complete_at) AS oldest, max(last_complete_at) AS newest,"
                    f" count(*) FILTER (WHERE status <> 'complete') AS troubled {chosen}"
                    " GROUP BY 1 ORDER BY 6 DESC, 4 NULLS FIRST",
                ),
                table(
                    "Scopes in trouble, or the longest not listed",
                    "SELECT source, model, scope, status, last_complete_at, last_attempt_at,"
                    f" rows_seen AS rows, error_code AS code, error {chosen}"
                    " ORDER BY status = 'complete', last_complete_at NULLS FIRST LIMIT 200",
                    height=14,
                ),
            ),
        ),
        Row(
            "What keeps it tidy",
            (
                table(
                    "The housekeeper's last runs",
                    "SELECT DISTINCT ON (model_name) model_name AS model, started_at, count AS removed,"
                    " spared, reason, error FROM common_housekeeper_run"
                    " ORDER BY model_name, started_at DESC",
                    width=12,
                ),
                table(
                    "Links",
                    "SELECT name, reconciled_at, requested_at AS waiting_since, found, error"
                    " FROM common_link ORDER BY error IS NULL, reconciled_at NULLS FIRST LIMIT 200",
                    width=12,
                ),
            ),
        ),
    )
    variable = Variable("source", "Source", "SELECT DISTINCT source FROM common_scope ORDER BY 1")
    return Dashboard(
        "inventory-freshness",
        "Inventory: freshness",
        "When each part of each source was last listed completely.",
        rows,
        (variable,),
    )
