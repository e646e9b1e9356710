"""Each fault as the SDKs meet it."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from kubernetes.client.exceptions import ApiException

from inventory.simulator import Faults, Running, running
from tests.simulator.reading import CORE, aws, garden, kubernetes, objects, pages, viewer_kubeconfig

ACCOUNT, REGION = "111122223333", "eu-central-1"
MACHINES = ("machine.sapcloud.io", "v1alpha1", "machines")


def post(simulator: Running, path: str, body: object = None, method: str = "POST") -> Any:
    data = None if body is None else orjson.dumps(body)
    request = urllib.request.Request(simulator.url + path, data, method=method)
    with urllib.request.urlopen(request) as answer:
        return orjson.loads(answer.read())


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_latency_is_added_to_every_call() -> None:
    with running(20, latency_ms=80) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)
        started = time.monotonic()

        ec2.describe_vpcs()

        assert time.monotonic() - started >= 0.08


def test_every_nth_call_is_throttled(tmp_path: Path) -> None:
    with running(20, throttle_every=2) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)
        ec2.describe_vpcs()
        with pytest.raises(ClientError) as aws_error:
            ec2.describe_vpcs()
        ec2.describe_vpcs()
        raw = urllib.request.Request(
            f"{simulator.url}/garden/version", headers={"Authorization": "Bearer x"}
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(raw)

        assert code(aws_error) == ("RequestLimitExceeded", 503)
        with error.value as answer:
            assert answer.code == 429
            assert answer.headers["Retry-After"] == "1"


def test_boto3_survives_throttling() -> None:
    with running(20, throttle_every=3) as simulator:
        patient = Config(retries={"total_max_attempts": 5, "mode": "standard"})
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION, config=patient)

        found = [vpc for page in pages(ec2, "describe_subnets", 5) for vpc in page["Subnets"]]

        simulator.faults()
        assert found == aws(simulator, "ec2", ACCOUNT, REGION).describe_subnets()["Subnets"]


def test_a_forbidden_region_forbids_its_own_lists_alone() -> None:
    with running(20, forbidden_regions=[f"{ACCOUNT}/{REGION}"]) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)
        with pytest.raises(ClientError) as error:
            ec2.describe_vpcs()

        assert code(error) == ("UnauthorizedOperation", 403)
        assert len(ec2.describe_regions()["Regions"]) == 4
        assert aws(simulator, "ec2", ACCOUNT, "us-east-1").describe_vpcs()["Vpcs"]
        assert aws(simulator, "ec2", "444455556666", REGION).describe_vpcs()["Vpcs"]


@pytest.mark.parametrize("status", [403, 503])
def test_a_seed_fails_alone(status: int, tmp_path: Path) -> None:
    with running(20, failing_seeds={"aws-euc1-0": status}) as simulator:
        api = garden(simulator, tmp_path)
        failing, other = (
            kubernetes(viewer_kubeconfig(api, shoot)) for shoot in ("aws-euc1-0", "infra-1")
        )
        with pytest.raises(ApiException) as error:
            failing.list_cluster_custom_object(*MACHINES)

        assert error.value.status == status
        assert other.list_cluster_custom_object(*MACHINES)["items"]


def test_a_continue_token_expires_once(tmp_path: Path) -> None:
    with running(20, expire_continue=1) as simulator:
        api = garden(simulator, tmp_path)
        with pytest.raises(ApiException) as error:
            list(objects(api, *CORE, "shoots", 5))

        assert error.value.status == 410
        assert len(list(objects(api, *CORE, "shoots", 5))) == 22


def test_a_body_ends_too_early(tmp_path: Path) -> None:
    with running(20, truncate={"ec2:DescribeVpcs": 1, "garden:list-shoots#2": 1}) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)
        api = garden(simulator, tmp_path)

        with pytest.raises(ResponseParserError):
            ec2.describe_vpcs()
        with pytest.raises(Exception, match=r"IncompleteRead|broken|incomplete"):
            list(objects(api, *CORE, "shoots", 5))

        assert ec2.describe_vpcs()["Vpcs"]
        assert len(list(objects(api, *CORE, "shoots", 5))) == 22


def test_a_call_is_never_answered() -> None:
    with running(20, hang="ec2:DescribeSubnets@*/eu-central-1") as simulator:
        hasty = Config(retries={"total_max_attempts": 1}, read_timeout=0.3)
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION, config=hasty)

        with pytest.raises(ReadTimeoutError):
            ec2.describe_subnets()

        assert ec2.describe_vpcs()["Vpcs"]
        assert aws(simulator, "ec2", ACCOUNT, "eu-west-1").describe_subnets()["Subnets"]


def test_the_simulator_stops_while_a_call_hangs() -> None:
    with running(20, hang="*") as simulator:
        hasty = Config(retries={"total_max_attempts": 1}, read_timeout=0.2)
        with pytest.raises(ReadTimeoutError):
            aws(simulator, "sts", ACCOUNT, REGION, config=hasty).get_caller_identity()


def test_answers_have_the_wrong_shape(tmp_path: Path) -> None:
    with running(20, garbage=["ec2:DescribeVpcs", "garden:list-seeds"]) as simulator:
        answer = aws(simulator, "ec2", ACCOUNT, REGION).describe_vpcs()
        seeds = garden(simulator, tmp_path).list_cluster_custom_object(*CORE, "seeds")

        assert "Vpcs" not in answer
        assert seeds["items"] == "none"


def test_any_call_can_be_refused(tmp_path: Path) -> None:
    with running(20, errors={"ec2:Describe*@444455556666/*": 500, "garden:*": 403}) as simulator:
        with pytest.raises(ClientError) as error:
            aws(simulator, "ec2", "444455556666", REGION).describe_subnets()
        with pytest.raises(ApiException) as forbidden:
            garden(simulator, tmp_path).list_cluster_custom_object(*CORE, "seeds")

        assert code(error) == ("InternalError", 500)
        assert forbidden.value.status == 403
        assert aws(simulator, "ec2", ACCOUNT, REGION).describe_subnets()["Subnets"]


def test_faults_change_while_it_runs() -> None:
    with running(20) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)

        post(simulator, "/_faults", {"forbidden_regions": f"{ACCOUNT}/{REGION}", "latency_ms": 1})
        with pytest.raises(ClientError):
            ec2.describe_vpcs()
        changed = post(simulator, "/_faults", {"forbidden_regions": []})
        ec2.describe_vpcs()
        ended = post(simulator, "/_faults", method="DELETE")

        assert (changed["forbidden_regions"], changed["latency_ms"]) == ([], 1)
        assert ended == post(simulator, "/_faults", method="GET")
        assert Faults.of(ended) == Faults()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"latancy_ms": 3}, "no fault is named 'latancy_ms'"),
        ({"latency_ms": "much"}, "latency_ms is a number"),
        ({"hang": 3}, "hang is a name or a list of names"),
        ({"failing_seeds": {"a": "b"}}, "maps names to numbers"),
        (["hang"], "the body is a JSON object"),
    ],
)
def test_a_wrong_fault_is_refused_and_changes_nothing(
    quiet: Running, wrong: object, message: str
) -> None:
    before = post(quiet, "/_faults", method="GET")

    with pytest.raises(urllib.error.HTTPError) as error:
        post(quiet, "/_faults", wrong)

    with error.value as answer:
        assert answer.code == 400
        assert message in orjson.loads(answer.read())["error"]
    assert post(quiet, "/_faults", method="GET") == before


def test_requests_are_counted() -> None:
    with running(20) as simulator:
        ec2 = aws(simulator, "ec2", ACCOUNT, REGION)
        list(pages(ec2, "describe_vpcs", 5))
        ec2.describe_regions()

        counted = post(simulator, "/_requests", method="GET")

        assert counted["actions"] == {"ec2:DescribeRegions": 1, "ec2:DescribeVpcs": 2}
        assert counted["by_scope"][f"ec2:DescribeVpcs@{ACCOUNT}/{REGION}"] == 2
        assert counted["statuses"] == {"200": 3}
        assert simulator.requests() == counted["actions"]
        assert post(simulator, "/_requests", method="DELETE")["calls"] == 0
