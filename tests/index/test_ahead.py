"""Work that is done ahead comes as if it had been done when it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count, islice
from threading import Event
from time import monotonic, sleep

import pytest

from index.ahead import ahead

_LONG_ENOUGH = 10


class _Broken(Exception):
    pass


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    end = monotonic() + _LONG_ENOUGH
    while set(threading.enumerate()) - before and monotonic() < end:
        sleep(0.01)
    assert not set(threading.enumerate()) - before


@pytest.mark.parametrize("size", [1, 2, 64])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 200])
def test_the_items_come_in_their_order(size: int, length: int) -> None:
    assert list(ahead(range(length), size)) == list(range(length))


def test_an_item_may_be_none() -> None:
    assert list(ahead([None, 1, None], 2)) == [None, 1, None]


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def work() -> Iterator[int]:
        yield from range(5)
        raise _Broken("at five")

    items = ahead(work(), 64)
    assert list(islice(items, 5)) == [0, 1, 2, 3, 4]
    with pytest.raises(_Broken, match="at five"):
        next(items)


def test_work_within_work_ends_with_its_error_too() -> None:
    def work() -> Iterator[int]:
        yield 0
        raise _Broken

    outer = ahead((item + 1 for item in ahead(work(), 2)), 2)
    assert next(outer) == 1
    with pytest.raises(_Broken):
        next(outer)


def test_who_asks_no_more_stops_the_work() -> None:
    made: list[int] = []
    closed = Event()

    def work() -> Iterator[int]:
        try:
            for number in count():
                made.append(number)
                yield number
        finally:
            closed.set()

    items = ahead(work(), 3)
    assert list(islice(items, 2)) == [0, 1]
    del items
    assert closed.wait(_LONG_ENOUGH)
    assert len(made) <= 6


def test_an_error_of_who_asks_stops_the_work_within_work() -> None:
    def asks() -> None:
        for item in ahead((item for item in ahead(count(), 2)), 2):
            if item == 3:
                raise _Broken

    with pytest.raises(_Broken):
        asks()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_no_more_is_made_ahead_than_was_said(size: int) -> None:
    made: list[int] = []

    def work() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    for asked_for, _ in enumerate(ahead(work(), size), start=1):
        end = monotonic() + 0.02
        while monotonic() < end and len(made) <= asked_for + size:
            sleep(0.001)
        assert len(made) <= asked_for + size


def test_the_next_is_made_while_one_is_used() -> None:
    second = Event()

    def work() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    items = ahead(work(), 1)
    assert next(items) == 1
    assert second.wait(_LONG_ENOUGH)
    assert list(items) == [2]
