"""Waiting for a condition, never for a time."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How many times longer a test waits than it says before it fails: for a machine that does other things beside.
PATIENCE = float(os.environ.get("WIKIFLOW_TEST_PATIENCE", "1"))


def until(what: str, condition: Callable[[], T], within: float = 60.0, every: float = 0.05) -> T:
    """Asks `condition` until it is truthy and returns its value; AssertionError with `what` after `within` seconds.

    No bar on our own speed is measured by this: PATIENCE stretches it.
    """
    within *= PATIENCE
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(every)
    return value
