"""What a worker can do in the zoo."""

from collections.abc import Iterator
from typing import Any

from inventory.core.row import Row, row
from inventory.core.scope import Scope
from inventory.core.task import Payload, RunContext, collector, task, whole_source
from tests.graph.zoo import source as zoo
from tests.graph.zoo.models.animal import Animal

collect_all, link_all = whole_source(zoo)
animal_row = row(Animal)


class Portion(Payload):
    """What one animal gets."""

    tag: str
    """Who gets it."""
    how_many: int = 1
    """How many pieces."""


class FeedPayload(Payload):
    """What is fed."""

    food: str
    """What."""
    labels: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Written on the bucket."""
    portions: tuple[Portion, ...] = ()
    """To whom."""
    step_2: bool = False
    """Whether they get another."""


@task(zoo, payload=FeedPayload)
def feed(run: RunContext, payload: FeedPayload) -> None:
    """Feed the animals."""


@collector(Animal, scope=Scope)
def collect_animals(reader: Any) -> Iterator[Row[Animal]]:
    """Read the animals with `ListAnimals`."""
    for tag in reader:
        yield animal_row(tag=tag)
