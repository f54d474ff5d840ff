"""The pace: one rate over all transfers of a run."""

import threading

import pytest
from hypothesis import given, strategies as st

from glance_sync.pace import Throttle


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@given(st.integers(1, 10 ** 6), st.lists(st.integers(0, 10 ** 6), max_size=20))
def test_one_caller_keeps_the_rate(rate, sizes):
    clock = Clock()
    throttle = Throttle(rate, clock, clock.sleep, threading.Lock())
    for size in sizes:
        throttle.spend(size)
    assert clock.now - 100 == pytest.approx(sum(sizes[:-1]) / rate)         # the last one is under way
    assert all(seconds > 0 for seconds in clock.slept)


def test_several_callers_share_the_rate():
    clock, waits = Clock(), []
    throttle = Throttle(100, clock, waits.append, threading.Lock())         # nobody's sleep moves the clock: all at one moment
    for _ in range(10):
        throttle.spend(50)
    assert waits == pytest.approx([0.5 * number for number in range(1, 10)])


def test_idle_time_is_not_saved_up():
    clock = Clock()
    throttle = Throttle(100, clock, clock.sleep, threading.Lock())
    throttle.spend(100)
    clock.now += 1000
    for _ in range(3):
        throttle.spend(100)
    assert clock.slept == [1, 1]


def test_no_rate_no_wait():
    clock = Clock()
    throttle = Throttle(0, clock, clock.sleep, threading.Lock())
    for _ in range(100):
        throttle.spend(10 ** 9)
    assert clock.slept == []


def test_threads():
    waits, throttle = [], None
    throttle = Throttle(1000, lambda: 5.0, waits.append, threading.Lock())
    threads = [threading.Thread(target=lambda: [throttle.spend(10) for _ in range(50)]) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(waits) == pytest.approx([0.01 * number for number in range(1, 400)])
