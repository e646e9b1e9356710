"""Gardener's bad days, over HTTP: what fails alone, and what the message says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from inventory.core.scope import Scope
from inventory.errors import (
    AccessDenied,
    BadAnswer,
    PayloadError,
    SourceError,
    Throttled,
    Unavailable,
)
from inventory.simulator.hosting import Running
from inventory.sources.gardener.client import GardenerClient, Patience, cluster
from inventory.sources.gardener.client.failures import Answer, Expired, permission
from inventory.sources.gardener.constants import MACHINES, SHOOTS, VIEWER_KUBECONFIG
from inventory.sources.gardener.scopes import GardenScope, SeedScope
from inventory.sources.gardener.tasks.machine import collect_machines
from inventory.sources.gardener.tasks.shoot import collect_shoots
from tests.sources.conftest import Configure
from tests.sources.reading import collect, split

HASTE = Patience(connect=1, read=0.5, attempts=3, first_wait=0.01, longest_wait=1)
SEED = SeedScope("aws-euc1-0")
GARDEN = GardenScope()
LIST_SHOOTS = "garden:list-shoots"


def client_of(
    configured: Configure,
    patience: Patience = HASTE,
    unmanaged: str = "unreachable",
    **gardener: Any,
) -> GardenerClient:
    return GardenerClient(configured(unmanaged, gardener=gardener).gardener, patience)


def failure(client: GardenerClient, scope: Scope = GARDEN) -> SourceError:
    task = collect_shoots if scope == GARDEN else collect_machines
    with pytest.raises(SourceError) as caught:
        collect(client, task, scope)
    return caught.value


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PAGE_SIZE", 5)


def test_a_seed_that_is_not_managed_fails_alone_and_says_what_to_do(configured: Configure) -> None:
    good, failed = split(client_of(configured), SeedScope)

    assert good == ["aws-euc1-0", "aws-euw1-1"]
    assert [*failed] == ["soil"]
    assert isinstance(failed["soil"].error, AccessDenied)
    assert "gardener.seed_kubeconfigs.soil" in str(failed["soil"].error)
    assert "gardener.excluded_seeds" in str(failed["soil"].error)


def test_an_excluded_seed_is_no_scope_and_not_opened(configured: Configure) -> None:
    client = client_of(configured, excluded_seeds=["soil", "aws-euc1-0"])

    good, failed = split(client, SeedScope)

    assert (good, failed) == (["aws-euw1-1"], {})
    with pytest.raises(PayloadError, match=r"gardener\.excluded_seeds"), client.open(SEED):
        pass


def test_a_seed_with_a_kubeconfig_of_its_own_is_read_with_it(configured: Configure) -> None:
    client = client_of(configured, unmanaged="kubeconfig")

    good, failed = split(client, SeedScope)
    machines = collect(client, collect_machines, SeedScope("soil"))

    assert (good, failed) == (["aws-euc1-0", "aws-euw1-1", "soil"], {})
    assert {machine["seed_name"] for machine in machines} == {"soil"}


def test_a_kubeconfig_is_asked_for_once_and_again_before_it_ends(
    configured: Configure, sim: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(configured)
    asked = sim.simulator.actions.copy()

    for _ in range(3):
        collect(client, collect_machines, SEED)
    once = sim.simulator.actions - asked
    monkeypatch.setattr(cluster, "RENEW_BEFORE", 7200.0)
    client.close()
    for _ in range(2):
        collect(client, collect_machines, SEED)
    more = sim.simulator.actions - asked

    assert once["garden:create-viewerkubeconfig"] == 1
    assert more["garden:create-viewerkubeconfig"] == 3


def test_a_token_that_was_revoked_is_replaced_once() -> None:
    answers = [Answer(401, {}, b"{}"), Answer(200, {}, b'{"metadata": {}}')]
    connections: list[int] = []

    class Recorded(cluster.Cluster):
        def _send(self, *_: Any) -> Answer:
            return answers.pop(0)

    def connect() -> cluster.Connection:
        connections.append(1)
        return cluster.Connection(None)

    found = Recorded("seed a", connect, HASTE).call("GET", "/x")

    assert found == {"metadata": {}}
    assert len(connections) == 2


def test_a_garden_that_does_not_accept_the_token_says_which(
    configured: Configure, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("wrong", encoding="utf-8")
    client = client_of(configured, authentication="token", token_path=str(path))

    error = failure(client)

    assert isinstance(error, AccessDenied)
    assert str(error).startswith("gardener garden: GET /apis/core.gardener.cloud/v1beta1/projects")
    assert "HTTP 401" in str(error)
    assert "gardener.authentication" in str(error)


def test_a_token_file_is_read_again_when_it_changes(configured: Configure, tmp_path: Path) -> None:
    kubeconfig = Path(configured().gardener.kubeconfig or "").read_text(encoding="utf-8")
    token = yaml.safe_load(kubeconfig)["users"][0]["user"]["token"]
    path = tmp_path / "token"
    path.write_text(f"{token}\n", encoding="utf-8")
    client = client_of(configured, authentication="token", token_path=str(path))
    rows = collect(client, collect_shoots, GARDEN)
    path.write_text("wrong", encoding="utf-8")
    error = failure(client)
    path.write_text(token, encoding="utf-8")

    assert isinstance(error, AccessDenied)
    assert collect(client, collect_shoots, GARDEN) == rows


def test_a_missing_kubeconfig_fails_the_scopes_by_name(configured: Configure) -> None:
    client = client_of(configured, kubeconfig="/nowhere/kubeconfig")

    good, failed = split(client, SeedScope)

    assert good == []
    assert isinstance(failed["garden"].error, AccessDenied)
    assert "/nowhere/kubeconfig" in str(failed["garden"].error)


def test_a_failing_seed_stops_no_other(configured: Configure, sim: Running) -> None:
    sim.faults(failing_seeds={"aws-euc1-0": 503})
    client = client_of(configured)

    error = failure(client, SEED)
    others = collect(client, collect_machines, SeedScope("aws-euw1-1"))

    assert isinstance(error, Unavailable)
    assert str(error).startswith(f"gardener seed aws-euc1-0: GET {MACHINES}: HTTP 503")
    assert others


def test_a_forbidden_list_names_the_rule_to_allow(configured: Configure, sim: Running) -> None:
    sim.faults(failing_seeds={"aws-euc1-0": 403})

    error = failure(client_of(configured), SEED)

    assert isinstance(error, AccessDenied)
    assert str(error).endswith("allow list on machines.machine.sapcloud.io")


def test_an_api_that_is_not_served_is_no_empty_list(configured: Configure, sim: Running) -> None:
    sim.faults(failing_seeds={"aws-euc1-0": 404})

    error = failure(client_of(configured), SEED)

    assert isinstance(error, BadAnswer)
    assert "not served" in str(error)


def test_throttling_is_survived_and_without_end_says_so(
    configured: Configure, sim: Running
) -> None:
    client = client_of(configured, dataclasses.replace(HASTE, longest_wait=1.5))
    before = collect(client, collect_shoots, GARDEN)
    sim.faults(throttle_every=2)
    survived = collect(client, collect_shoots, GARDEN)
    impatient = client_of(configured, dataclasses.replace(HASTE, longest_wait=0.5))
    sim.faults(throttle_every=1)

    error = failure(impatient)

    assert survived == before
    assert isinstance(error, Throttled)
    assert error.retry_after == 1


@pytest.mark.parametrize("expired", [1, 3])
@pytest.mark.usefixtures("small_pages")
def test_a_listing_outlives_its_snapshot(configured: Configure, sim: Running, expired: int) -> None:
    client = client_of(configured)
    whole = {row["technical_id"] for row in collect(client, collect_shoots, GARDEN)}
    sim.faults(expire_continue=expired)

    again = {row["technical_id"] for row in collect(client, collect_shoots, GARDEN)}

    assert len(whole) > 5
    assert again == whole


@pytest.mark.usefixtures("small_pages")
def test_a_listing_whose_snapshots_always_end_gives_up(configured: Configure, sim: Running) -> None:
    sim.faults(expire_continue=1000)

    error = failure(client_of(configured))

    assert isinstance(error, Unavailable)
    assert "keeps its snapshots" in str(error)


def test_a_token_to_go_on_with_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[Any] = [
        {"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "one"}},
        Expired("expired", resume="two"),
        {"items": [{"metadata": {"name": "b"}}], "metadata": {}},
    ]
    asked: list[Any] = []

    class Recorded(cluster.Cluster):
        def call(self, method: str, path: str, query: Any = None, body: object = None) -> Any:
            asked.append(query.get("continue"))
            page = pages.pop(0)
            if isinstance(page, Exception):
                raise page
            return page

    found = Recorded("garden", lambda: pytest.fail("no connection is needed"), HASTE).items("/x")

    assert [item["metadata"]["name"] for item in found] == ["a", "b"]
    assert asked == [None, "one", "two"]


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ({"errors": {LIST_SHOOTS: 500}}, Unavailable, "HTTP 500"),
        ({"truncate": {LIST_SHOOTS: -1}}, Unavailable, "IncompleteRead"),
        ({"hang": {LIST_SHOOTS: -1}}, Unavailable, "no answer within 0.5 s"),
        ({"garbage": {LIST_SHOOTS: -1}}, BadAnswer, "no list of items"),
    ],
    ids=["down", "truncated", "hanging", "of another shape"],
)
def test_an_answer_that_is_none_is_told_apart(
    configured: Configure,
    sim: Running,
    fault: dict[str, Any],
    kind: type[SourceError],
    says: str,
) -> None:
    sim.faults(**fault)

    error = failure(client_of(configured))

    assert isinstance(error, kind)
    assert str(error).startswith(f"gardener garden: GET {SHOOTS}: ")
    assert says in str(error)


def test_one_truncated_page_is_asked_for_again(configured: Configure, sim: Running) -> None:
    client = client_of(configured)
    before = collect(client, collect_shoots, GARDEN)
    sim.faults(truncate={LIST_SHOOTS: 1})

    assert collect(client, collect_shoots, GARDEN) == before


def test_an_endpoint_that_refuses_is_unavailable(configured: Configure) -> None:
    _, failed = split(client_of(configured, endpoint="http://127.0.0.1:9"), SeedScope)

    assert isinstance(failed["garden"].error, Unavailable)
    assert "127.0.0.1" in str(failed["garden"].error)


def test_a_kubeconfig_that_would_run_a_program_is_refused(
    configured: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64

    client = client_of(configured)
    users = [{"name": "x", "user": {"exec": {"command": "rm"}}}]
    content = base64.b64encode(yaml.safe_dump({"users": users}).encode()).decode()
    original = client.garden.call

    def call(method: str, path: str, *rest: Any, **named: Any) -> Any:
        if method == "POST":
            return {"status": {"kubeconfig": content}}
        return original(method, path, *rest, **named)

    monkeypatch.setattr(client.garden, "call", call)

    error = failure(client, SEED)

    assert isinstance(error, BadAnswer)
    assert "would run a program" in str(error)


def test_permissions_are_spelled_as_rules() -> None:
    path = VIEWER_KUBECONFIG.format(namespace="garden", name="a")

    assert permission("GET", SHOOTS) == "list on shoots.core.gardener.cloud"
    assert permission("POST", path) == "create on shoots/viewerkubeconfig.core.gardener.cloud"
