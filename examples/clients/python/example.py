"""Questions to the inventory by a client that knows the type of every answer.

    python example.py http://127.0.0.1:8080/graphql

The environment variable INVENTORY_TOKEN holds the token, where the service asks for one.
"""

import os
import sys
import time
from collections.abc import Iterator

from inventory_client import (
    AwsCollectVpcsInput,
    AwsInstanceWhere,
    AwsVpcWhere,
    GardenerShootListWhere,
    GardenerShootWhere,
    Inventory,
    StringFilter,
)
from inventory_client.fragments import InstanceLine
from inventory_client.run_state import RunStateCommonRun

ENDED = ("completed", "archived", "cancelled")


def owners(inventory: Inventory) -> Iterator[str]:
    """VPC → shoot → project, and why each pair belongs together."""
    with_shoot = AwsVpcWhere(gardener_shoots=GardenerShootListWhere(some=GardenerShootWhere()))
    for vpc in inventory.vpc_owners(first=3, where=with_shoot).aws_vpcs.nodes:
        for edge in vpc.gardener_shoots.edges:
            project = edge.node.project
            owner = (project.owner or project.name) if project else None
            why = ", ".join(f"{each.column} = {each.value}" for each in edge.matched_on)
            yield f"{vpc.vpc_id} is {edge.node.name}'s, owned by {owner} ({edge.rule}: {why})"


def instances(inventory: Inventory, where: AwsInstanceWhere, size: int) -> Iterator[InstanceLine]:
    """All instances, a page at a time. Rows that come or go meanwhile move nothing."""
    after: str | None = None
    while True:
        page = inventory.instance_page(first=size, after=after, where=where).aws_instances
        yield from page.nodes
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor


def finished(inventory: Inventory, run_id: str, patience_s: float = 60) -> RunStateCommonRun:
    """Wait for a run to end."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        run = inventory.run_state(id=run_id).common_run
        if run and run.state in ENDED:
            return run
        time.sleep(0.2)
    raise TimeoutError(f"{run_id} has not ended within {patience_s:g} s")


def main(url: str) -> None:
    token = os.environ.get("INVENTORY_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with Inventory(url, headers=headers) as inventory:
        for line in owners(inventory):
            print("owner:", line)

        running = AwsInstanceWhere(state=StringFilter(eq="running"))
        found = list(instances(inventory, running, size=100))
        fleet = inventory.fleet().aws_instances
        print(f"paged: {len(found)} of {fleet.aggregate.count} running instances")
        for group in fleet.groups:
            print(f"type: {group.key.instance_type} {group.count}")

        leaks = inventory.leaks(first=3, minimum=0.5).leaks
        print(f"leaks: {leaks.total_count}")
        for leak in leaks.nodes:
            name = leak.resource.display_name if leak.resource else "(gone)"
            print(
                f"leak: {leak.rule} {name} since {leak.first_detected_at:%Y-%m-%d}: {leak.reason}"
            )

        if found and (again := inventory.anything(id=found[0].id).node):
            print(f"node: {again.typename__} {again.id == found[0].id}")

        started = inventory.read_vpcs_again(input=AwsCollectVpcsInput()).aws_collect_vpcs
        for error in started.errors:
            print(f"refused: {error.code.value} {error.message}")
        if started.run:
            print(f"run: {finished(inventory, started.run.id).state}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/graphql")
