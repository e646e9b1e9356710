"""Values that are remembered: for how long, and by how many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from inventory.core.remembered import Remembered
from inventory.errors import Unavailable


def test_threads_that_ask_at_once_ask_once() -> None:
    asked: list[int] = []

    def ask() -> int:
        sleep(0.02)
        asked.append(1)
        return len(asked)

    value = Remembered(ask)
    with ThreadPoolExecutor(8) as threads:
        values = list(threads.map(lambda _: value.get(), range(8)))

    assert values == [1] * 8


def test_a_value_is_asked_for_again_when_it_is_too_old_or_forgotten() -> None:
    numbers = iter(range(9))
    old, good = Remembered(lambda: next(numbers), seconds=0), Remembered(lambda: next(numbers))

    first = [old.get(), old.get(), good.get(), good.get()]
    good.forget()

    assert first == [0, 1, 2, 2]
    assert (good.peek(), good.get()) == (2, 3)


def test_a_value_may_say_how_long_it_is_good_for() -> None:
    numbers = iter((0.0, 60.0, 1.0))

    value = Remembered(lambda: next(numbers), seconds=lambda number: number)

    assert [value.get(), value.get(), value.get()] == [0.0, 60.0, 60.0]


def test_a_failure_is_remembered_shortly() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        raise Unavailable("away")

    patient, eager = Remembered(ask), Remembered(ask, after_failure=0)
    for value in (patient, patient, eager, eager):
        with pytest.raises(Unavailable, match="away"):
            value.get()

    assert len(asked) == 3
