"""The same stack without a compiler, as a careful programmer uses it: Strawberry, and a DataLoader for each edge.

    python -m benchmarks.loaders PORT      with BENCH_DSN in the environment

Each edge is one statement for all parents of a level, lists are limited for each parent by a lateral
join, only the columns of a type are read, and parsed documents are cached.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import strawberry
import uvicorn
from psycopg.rows import class_row
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from inventory.db import engine

CONNECTIONS = 16
Row = TypeVar("Row")


class Loaders:
    """One request's loaders. A loader is made for each edge and page size that is asked for."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self._made: dict[Any, DataLoader[Any, Any]] = {}

    async def rows(self, kind: type[Row], sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        async with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(kind))
            await cursor.execute(sql, parameters, prepare=True)
            return list(await cursor.fetchall())

    async def count(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql, parameters, prepare=True)
            (found,) = await cursor.fetchone()
            return int(found)

    def many(self, kind: Any, link: tuple[str, str, str], first: int) -> Callable[[Any], Any]:
        """The far ends of an edge, the first few of each parent."""
        key = (kind, link, first)
        if key not in self._made:
            self._made[key] = DataLoader(load_fn=lambda ids: self._far(kind, link, first, ids))
        return self._made[key].load

    async def _far(
        self, kind: Any, link: tuple[str, str, str], first: int, ids: list[Any]
    ) -> list[list[Any]]:
        table, here, there = link
        columns = ", ".join(f"c.{name}" for name in kind.columns)
        found: dict[Any, list[Any]] = {each: [] for each in ids}
        sql = (
            f"SELECT p.id AS parent, f.* FROM unnest(%s::uuid[]) p(id) CROSS JOIN LATERAL"
            f" (SELECT {columns} FROM {table} l JOIN {kind.table} c ON c.id = l.{there}"
            f" WHERE l.{here} = p.id ORDER BY l.{there} LIMIT {int(first)}) f"
        )
        async with self.pool.connection() as connection:
            cursor = await connection.execute(sql, [ids], prepare=True)
            for parent, *values in await cursor.fetchall():
                found[parent].append(kind(**dict(zip(kind.columns, values, strict=True))))
        return list(found.values())


def loaders(info: strawberry.Info) -> Loaders:
    found: Loaders = info.context["loaders"]
    return found


async def one(info: strawberry.Info, kind: Any, link: tuple[str, str, str], parent: Any) -> Any:
    found = await loaders(info).many(kind, link, 1)(parent)
    return found[0] if found else None


@strawberry.type
class Project:
    table = "g_project"
    columns = ("id", "name", "owner")
    id: strawberry.Private[Any]
    name: str | None
    owner: str | None


@strawberry.type
class Shoot:
    table = "g_shoot"
    columns = ("id", "name", "technical_id", "status")
    id: strawberry.Private[Any]
    name: str | None
    technical_id: str | None
    status: str | None

    @strawberry.field
    async def project(self, info: strawberry.Info) -> Project | None:
        link = ("l_g_shoot_to_project", "shoot_id", "project_id")
        return await one(info, Project, link, self.id)  # type: ignore[no-any-return]


@strawberry.type
class Machine:
    table = "g_machine"
    columns = ("id", "name", "status")
    id: strawberry.Private[Any]
    name: str | None
    status: str | None

    @strawberry.field
    async def shoot(self, info: strawberry.Info) -> Shoot | None:
        link = ("l_g_machine_to_shoot", "machine_id", "shoot_id")
        return await one(info, Shoot, link, self.id)  # type: ignore[no-any-return]


@strawberry.type
class Instance:
    table = "aws_instance"
    columns = (
        *("id", "instance_id", "name", "arch", "instance_type", "state", "subnet_id", "vpc_id"),
        *("platform", "image_id", "launch_time"),
    )
    id: strawberry.Private[Any]
    instance_id: str | None
    name: str | None
    arch: str | None
    instance_type: str | None
    state: str | None
    subnet_id: str | None
    vpc_id: str | None
    platform: str | None
    image_id: str | None
    launch: strawberry.Private[Any]

    def __init__(self, launch_time: Any, **values: Any) -> None:
        self.__dict__.update(values)
        self.launch = launch_time

    @strawberry.field
    def launch_time(self) -> str | None:
        if self.launch is None:
            return None
        text = str(self.launch.isoformat())
        seconds, zone = text[:-6], text[-6:]
        return (seconds.rstrip("0") if "." in seconds else seconds) + zone

    @strawberry.field
    async def gardener_machine(self, info: strawberry.Info) -> Machine | None:
        link = ("n_aws_instance_to_g_machine", "aws_instance_id", "g_machine_id")
        return await one(info, Machine, link, self.id)  # type: ignore[no-any-return]


@strawberry.type
class Shoots:
    nodes: list[Shoot]


@strawberry.type
class Instances:
    nodes: list[Instance]


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Vpc:
    table = "aws_vpc"
    columns = ("id", "vpc_id", "name", "account_id", "region_name", "state")
    id: strawberry.Private[Any]
    vpc_id: str | None
    name: str | None
    account_id: str | None
    region_name: str | None
    state: str | None

    @strawberry.field
    async def gardener_shoots(self, info: strawberry.Info, first: int = 50) -> Shoots:
        link = ("n_aws_vpc_to_g_shoot", "aws_vpc_id", "g_shoot_id")
        return Shoots(nodes=await loaders(info).many(Shoot, link, first)(self.id))

    @strawberry.field
    async def instances(self, info: strawberry.Info, first: int = 50) -> Instances:
        link = ("l_aws_vpc_to_instance", "vpc_id", "instance_id")
        return Instances(nodes=await loaders(info).many(Instance, link, first)(self.id))


@strawberry.type
class Vpcs:
    found: strawberry.Private[list[Vpc]]
    first: strawberry.Private[int]
    condition: strawberry.Private[tuple[str, list[Any]]]

    @strawberry.field
    def nodes(self) -> list[Vpc]:
        return self.found[: self.first]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo(has_next_page=len(self.found) > self.first)

    @strawberry.field
    async def total_count(self, info: strawberry.Info) -> int:
        where, parameters = self.condition
        return await loaders(info).count(f"SELECT count(*) FROM aws_vpc c {where}", parameters)


@strawberry.type
class Region:
    table = "aws_region"
    columns = ("id", "name")
    id: strawberry.Private[Any]
    name: str | None

    @strawberry.field
    async def vpcs(self, info: strawberry.Info, first: int = 50) -> Vpcs:
        link = ("l_aws_region_to_vpc", "region_id", "vpc_id")
        found = await loaders(info).many(Vpc, link, first)(self.id)
        return Vpcs(found=found, first=first, condition=("", []))


@strawberry.type
class Regions:
    nodes: list[Region]


@strawberry.input
class Nothing:
    only: bool | None = strawberry.UNSET


@strawberry.input
class ShootsWhere:
    none: Nothing | None = strawberry.UNSET


@strawberry.input
class StringFilter:
    eq: str | None = strawberry.UNSET


@strawberry.input
class VpcWhere:
    gardener_shoots: ShootsWhere | None = strawberry.UNSET
    state: StringFilter | None = strawberry.UNSET


def _where(where: VpcWhere | None) -> tuple[str, list[Any]]:
    parts, parameters = [], []
    if where and where.state:
        parts.append("c.state = %s")
        parameters.append(where.state.eq)
    if where and where.gardener_shoots:
        parts.append("NOT EXISTS (SELECT FROM n_aws_vpc_to_g_shoot l WHERE l.aws_vpc_id = c.id)")
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), parameters


def _columns(kind: Any) -> str:
    return ", ".join(f"c.{name}" for name in kind.columns)


@strawberry.type
class Query:
    @strawberry.field
    async def aws_vpc(self, info: strawberry.Info, id: strawberry.ID) -> Vpc | None:
        sql = f"SELECT {_columns(Vpc)} FROM aws_vpc c WHERE c.id = %s"
        found = await loaders(info).rows(Vpc, sql, [id.partition(":")[2]])
        return found[0] if found else None

    @strawberry.field
    async def aws_instance(self, info: strawberry.Info, id: strawberry.ID) -> Instance | None:
        sql = f"SELECT {_columns(Instance)} FROM aws_instance c WHERE c.id = %s"
        found = await loaders(info).rows(Instance, sql, [id.partition(":")[2]])
        return found[0] if found else None

    @strawberry.field
    async def aws_instances(self, info: strawberry.Info, first: int = 50) -> Instances:
        sql = f"SELECT {_columns(Instance)} FROM aws_instance c ORDER BY c.id LIMIT {int(first)}"
        return Instances(nodes=await loaders(info).rows(Instance, sql))

    @strawberry.field
    async def aws_vpcs(
        self, info: strawberry.Info, first: int = 50, where: VpcWhere | None = None
    ) -> Vpcs:
        condition = _where(where)
        sql = (
            f"SELECT {_columns(Vpc)} FROM aws_vpc c {condition[0]} ORDER BY c.id LIMIT {first + 1}"
        )
        found = await loaders(info).rows(Vpc, sql, condition[1])
        return Vpcs(found=found, first=first, condition=condition)

    @strawberry.field
    async def aws_regions(self, info: strawberry.Info, first: int = 50) -> Regions:
        sql = f"SELECT {_columns(Region)} FROM aws_region c ORDER BY c.id LIMIT {int(first)}"
        return Regions(nodes=await loaders(info).rows(Region, sql))


class Application(GraphQL[Any, Any]):
    pool: Any

    async def get_context(self, request: Any, response: Any) -> Any:
        return {"loaders": Loaders(self.pool)}


def application(dsn: str) -> Starlette:
    # One of each for all requests: what they hold is what makes them worth having.
    parsed, validated = ParserCache(), ValidationCache()
    schema = strawberry.Schema(Query, extensions=[lambda: parsed, lambda: validated])
    graphql = Application(schema, graphql_ide=None)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        graphql.pool = engine.async_pool(dsn, size=CONNECTIONS, settings={"timezone": "UTC"})
        await graphql.pool.open()
        yield
        await graphql.pool.close()

    return Starlette(routes=[Route("/graphql", graphql)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(os.environ["BENCH_DSN"]),
        port=int(sys.argv[1]),
        log_level="error",
        timeout_keep_alive=600,
    )
