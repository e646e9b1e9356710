"""The pruned model of EC2 keeps every field that is stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError

from inventory.catalog import Catalog
from inventory.core.garbage import THRESHOLD, SeldomCollected
from inventory.core.scope import Scope
from inventory.simulator.hosting import Running
from inventory.sources.aws.client import AwsClient
from inventory.sources.aws.client.lean import LeanLoader, read_time
from inventory.sources.aws.constants import KEPT, OPERATIONS
from tests.sources.conftest import Configure
from tests.sources.reading import collect, simulated


def test_rows_are_the_same_with_the_whole_model(
    catalog: Catalog, configured: Configure, sim: Running
) -> None:
    lean, whole = AwsClient(configured().aws), AwsClient(configured().aws)
    for account in whole._accounts.values():
        account.sessions.loader = Loader()  # type: ignore[assignment]  # what a lean one is cut from
    counted = {}

    for task in simulated(catalog, "aws", sim):
        scope = next(each for each in lean.scopes(task.scope) if isinstance(each, Scope))
        rows = collect(lean, task, scope)
        counted[task.name] = len(rows)

        assert rows == collect(whole, task, scope), task.name

    assert counted["aws:task:collect-instances"] > 0
    assert counted["aws:task:collect-net-interfaces"] > 0


def test_the_model_holds_what_is_called_and_nothing_else() -> None:
    model = LeanLoader().load_service_model("ec2", "service-2")

    assert set(model["operations"]) == OPERATIONS["ec2"]
    assert set(model["shapes"]["Instance"]["members"]) == KEPT["ec2"]["Instance"]
    assert len(model["shapes"]) < 300


@pytest.mark.parametrize(
    "text",
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05", 1767323045],
)
def test_a_time_is_aware(text: object) -> None:
    assert read_time(text) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ResponseParserError, match="'soon' is not a time"):
        read_time("soon")


def test_garbage_is_looked_for_seldom_until_the_last_reader_leaves() -> None:
    import gc

    before = gc.get_threshold()
    seldom = SeldomCollected()

    with seldom:
        with seldom:
            inside = gc.get_threshold()
        between = gc.get_threshold()

    assert (inside[0], between[0]) == (THRESHOLD, THRESHOLD)
    assert gc.get_threshold() == before
