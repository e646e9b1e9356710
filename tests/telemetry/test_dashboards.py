"""Dashboards and alerts ask for what there is: every query is run, every metric is scraped."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from inventory.catalog import Catalog
from inventory.telemetry.listing import Described, described
from inventory.telemetry.meters import Meters
from inventory.telemetry.state import State
from scripts.grafana.__main__ import FOLDER, ROLE, dashboards, files, statements

ROOT = Path(__file__).parents[2]
CATALOG = Catalog.load()
PAGES = [json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))]
ALERTS = yaml.safe_load((ROOT / "deployment/prometheus/alerts.yaml").read_text())["groups"][0][
    "rules"
]
METRICS = {name: each for each in described() for name in each.names}
OF_PROMETHEUS = {"instance", "job", "le"}
METRIC = re.compile(r"\b((?:inventory|asynq)_[a-z0-9_]+)\b(\{[^}]*\})?")


def panels(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in page["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


def promql() -> Iterator[str]:
    for page in PAGES:
        for panel in panels(page):
            yield from (target["expr"] for target in panel["targets"] if "expr" in target)
    yield from (rule["expr"] for rule in ALERTS)


def test_the_files_are_those_of_the_catalog() -> None:
    assert {path.name: path.read_text() == text for path, text in files(CATALOG).items()} == {
        **{f"{page['uid']}.json": True for page in PAGES},
        "reader.sql": True,
    }, "`make docs` writes them"


def test_there_is_a_page_per_source_and_for_leaks_freshness_and_operation() -> None:
    sources = {key for key in CATALOG.sources if CATALOG.collectors(key)}

    assert {page["uid"] for page in PAGES} == {
        *(f"inventory-{key}" for key in sources),
        *("inventory-leaks", "inventory-freshness", "inventory-operation"),
    }
    titles = {panel["title"] for page in PAGES for panel in panels(page)}
    assert set(CATALOG.leaks) <= titles
    # A number for each model, and the questions of the original beside counts and groups.
    for title in (
        *("VPCs", "Shoots", "Target pools", "Disks: total GB", "Running for half a year"),
        *("Projects with the most shoots", "Shoots with the most machines", "Shoots by year"),
        *(
            "Principals with the most roles",
            "Instances by instance type",
            "Shoots by cloud profile",
        ),
        "Network interfaces with a public address",
    ):
        assert title in titles


def test_panels_lie_beside_each_other_and_have_ids_of_their_own() -> None:
    for page in PAGES:
        found = list(panels(page))
        ids = [panel["id"] for panel in found] + [
            p["id"] for p in page["panels"] if p["type"] == "row"
        ]
        assert len(ids) == len(set(ids))
        taken: set[tuple[int, int]] = set()
        for panel in found:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert max(x for x, _ in cells) < 24
            if panel in page["panels"]:
                assert not cells & taken, panel["title"]
                taken |= cells


@pytest.fixture(scope="module")
def reader(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the role that Grafana reads with."""
    script = (FOLDER / "reader.sql").read_text().replace(":'password'", "'of-a-test'")
    with psycopg.connect(database, user="postgres", autocommit=True) as db:
        for _ in range(2):
            db.execute(script.encode())
        db.execute(f"SET ROLE {ROLE}".encode())
        yield db
        db.execute(f"RESET ROLE; DROP OWNED BY {ROLE}; DROP ROLE {ROLE}".encode())


def test_every_sql_panel_and_variable_is_answered_to_the_reader(
    reader: psycopg.Connection[Any],
) -> None:
    asked = statements(dashboards(CATALOG))
    assert len(asked) > 150

    for sql in asked:
        filled = re.sub(r"\$\{\w+:sqlstring\}", "'a', 'b'", sql)
        assert "$" not in filled, sql
        reader.execute(filled.encode()).fetchall()


def test_the_reader_can_neither_write_nor_read_the_ledger(
    reader: psycopg.Connection[Any],
) -> None:
    for sql in ("SELECT payload FROM common_run", "DELETE FROM common_leak"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(sql.encode())


def test_what_is_described_is_what_is_scraped(database: str) -> None:
    async def fetch(sql: str) -> list[Any]:
        with psycopg.connect(database) as db:
            return db.execute(sql.encode()).fetchall()

    async def queue() -> None:
        pass

    async def scrape() -> str:
        return (Meters("up").text() + await State(fetch, queue).text()).decode()

    found = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(asyncio.run(scrape()))
        if family.name.startswith(("inventory_", "asynq_"))
    }

    # The original's names of resources come with their first rows.
    old = {each.name for each in described() if each.doc.startswith("Rows of `")}
    assert found == {each.name for each in described()} - old


def test_every_expression_asks_for_metrics_and_labels_that_there_are() -> None:
    asked = list(promql())
    assert len(asked) > 60

    for expression in asked:
        found: list[Described] = []
        for name, braces in METRIC.findall(re.sub(r"by \([^)]*\)", "", expression)):
            assert name in METRICS, f"{name} in {expression}"
            found.append(METRICS[name])
            used = set(re.findall(r"(\w+)\s*[!=]", braces))
            assert used <= {*METRICS[name].labels} | OF_PROMETHEUS, expression
        labels = {label for each in found for label in each.labels} | OF_PROMETHEUS
        for by in re.findall(r"by \(([^)]*)\)", expression):
            assert {label.strip() for label in by.split(",")} <= labels, expression
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression
        # What every replica tells must not be added up.
        if any(each.is_state for each in found):
            assert re.search(r"\b(max|min|absent)\b|^inventory_", expression), expression


def test_alerts_say_what_is_wrong_how_bad_it_is_and_what_to_do() -> None:
    names = [rule["alert"] for rule in ALERTS]

    assert len(names) == len(set(names)) >= 12
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "remedy"}
        told = " ".join(rule["annotations"].values())
        used = set(re.findall(r"\$labels\.(\w+)", told))
        assert used <= {
            label for by in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in by.split(", ")
        }


def test_dashboards_find_their_data_sources() -> None:
    provisioned = yaml.safe_load((FOLDER / "provisioning/datasources/inventory.yaml").read_text())[
        "datasources"
    ]
    known = {(source["type"], source["uid"]) for source in provisioned}

    asked = {
        (target["datasource"]["type"], target["datasource"]["uid"])
        for page in PAGES
        for panel in panels(page)
        for target in panel["targets"]
    }
    assert asked == known
    assert next(s for s in provisioned if "postgres" in s["type"])["user"] == ROLE
