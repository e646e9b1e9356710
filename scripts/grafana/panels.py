"""What dashboards are made of: panels with a query each, in rows, on a grid of 24 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

POSTGRES = {"type": "grafana-postgresql-datasource", "uid": "inventory-postgres"}
PROMETHEUS = {"type": "prometheus", "uid": "inventory-prometheus"}
WIDTH = 24
Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """A title, a query of one of the two data sources, and how it is drawn."""

    title: str
    kind: str
    queries: tuple[tuple[str, str], ...]
    """A legend and a query each; SQL has no legend."""
    sql: bool
    width: int
    height: int
    unit: str = "short"
    options: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    thresholds: tuple[tuple[float | None, str], ...] = ((None, "text"),)
    about: str = ""

    def json(self, number: int, x: int, y: int) -> Json:
        """The panel as Grafana reads it."""
        source = POSTGRES if self.sql else PROMETHEUS
        steps = [{"value": value, "color": colour} for value, colour in self.thresholds]
        return {
            "id": number,
            "title": self.title,
            "description": self.about,
            "type": self.kind,
            "datasource": source,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [
                self._target(source, place, legend, query)
                for place, (legend, query) in enumerate(self.queries)
            ],
            "options": self.options,
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "custom": self.custom,
                    "thresholds": {"mode": "absolute", "steps": steps},
                },
                "overrides": [],
            },
        }

    def _target(self, source: Json, place: int, legend: str, query: str) -> Json:
        target: Json = {"refId": chr(ord("A") + place), "datasource": source}
        if self.sql:
            return target | {
                "rawSql": query,
                "rawQuery": True,
                "format": "table",
                "editorMode": "code",
            }
        instant = self.kind in ("stat", "table")
        return target | {
            "expr": query,
            "legendFormat": legend or "__auto",
            "instant": instant,
            "range": not instant,
        }


@dataclass(frozen=True)
class Row:
    """Panels under a title; folded ones ask nothing before they are opened."""

    title: str
    panels: tuple[Panel, ...]
    folded: bool = False


@dataclass(frozen=True)
class Variable:
    """What the one who looks may choose; its values come from SQL."""

    name: str
    label: str
    sql: str

    def json(self) -> Json:
        return {
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": POSTGRES,
            "query": self.sql,
            "definition": self.sql,
            "refresh": 2,
            "multi": True,
            "includeAll": True,
            "current": {"text": ["All"], "value": ["$__all"]},
            "sort": 1,
        }


@dataclass(frozen=True)
class Dashboard:
    """A page."""

    uid: str
    title: str
    about: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    refresh: str = "1m"
    span: str = "now-24h"

    def json(self) -> Json:
        """The dashboard as Grafana reads it."""
        panels: list[Json] = []
        y, number = 0, 0
        for row in self.rows:
            number += 1
            head: Json = {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": row.folded,
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
                "panels": [],
            }
            panels.append(head)
            y += 1
            x = tallest = 0
            for panel in row.panels:
                if x + panel.width > WIDTH:
                    x, y, tallest = 0, y + tallest, 0
                number += 1
                placed = panel.json(number, x, y)
                (head["panels"] if row.folded else panels).append(placed)
                x, tallest = x + panel.width, max(tallest, panel.height)
            y += tallest
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["inventory"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "timezone": "utc",
            "refresh": self.refresh,
            "time": {"from": self.span, "to": "now"},
            "templating": {"list": [variable.json() for variable in self.variables]},
            "links": [
                {
                    "type": "dashboards",
                    "title": "Inventory",
                    "tags": ["inventory"],
                    "asDropdown": True,
                    "keepTime": True,
                }
            ],
            "panels": panels,
        }

    def panels(self) -> Iterable[Panel]:
        """Every panel."""
        for row in self.rows:
            yield from row.panels


def number(title: str, query: str, *, sql: bool = True, width: int = 4, **more: Any) -> Panel:
    """One figure."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "value"}
    return Panel(title, "stat", (("", query),), sql, width, 4, options=options, **more)


def shares(title: str, sql: str, **more: Any) -> Panel:
    """Groups of a whole, as a ring."""
    options = {
        "pieType": "donut",
        "reduceOptions": {"values": True},
        "legend": {"displayMode": "table", "placement": "right", "values": ["value", "percent"]},
    }
    return Panel(title, "piechart", (("", sql),), True, 8, 9, options=options, **more)


def bars(title: str, sql: str, **more: Any) -> Panel:
    """Groups side by side, the largest first."""
    options = {"orientation": "horizontal", "legend": {"showLegend": False}}
    return Panel(title, "barchart", (("", sql),), True, 8, 9, options=options, **more)


def table(title: str, sql: str, *, width: int = WIDTH, height: int = 10, **more: Any) -> Panel:
    """Rows."""
    options = {"showHeader": True, "cellHeight": "sm"}
    custom = {"filterable": True, "align": "auto"}
    return Panel(
        title, "table", (("", sql),), True, width, height, options=options, custom=custom, **more
    )


def lines(
    title: str, *queries: tuple[str, str], unit: str = "short", width: int = 8, **more: Any
) -> Panel:
    """Figures of Prometheus over time: a legend and a query each."""
    options = {"legend": {"displayMode": "list"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    custom = {"fillOpacity": 8, "showPoints": "never", "spanNulls": True}
    return Panel(
        title, "timeseries", queries, False, width, 8, unit, options=options, custom=custom, **more
    )


def grid(*panels: Panel | Sequence[Panel]) -> tuple[Panel, ...]:
    """Panels, and lists of them, as one row takes them."""
    flat: list[Panel] = []
    for panel in panels:
        flat += [panel] if isinstance(panel, Panel) else panel
    return tuple(flat)
