"""How often someone may be wrong about a password."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from hashlib import sha256
from math import ceil

from ui.door.address import network_of

# Failures in so many seconds after which no more is tried: of one name, and of whatever names an address tries.
WINDOW = 15 * 60
MOST_OF_A_NAME, MOST_OF_AN_ADDRESS = 10, 50
_REMEMBERED = 10_000

_Key = tuple[str, bytes]


class Attempts:
    """Wrong passwords of late, by where they came from.

    A name is held back only for the address that was wrong about it, so that nobody can lock somebody else out.
    Memory is bounded: the addresses that have failed longest ago are forgotten first.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[_Key, deque[float]] = OrderedDict()

    def wait(self, name: str, address: str) -> int:
        """How many seconds until a name may be tried again from an address; 0 for now."""
        now = self._clock()
        return max(0, ceil(max(self._free_at(key, most) for key, most in _keys(name, address)) - now))

    def failed(self, name: str, address: str) -> None:
        """Remember that a password was wrong."""
        now = self._clock()
        for key, most in _keys(name, address):
            self._failures.setdefault(key, deque(maxlen=most)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget what was wrong about a name; what was wrong about others stays."""
        for key, most in _keys(name, address):
            if most == MOST_OF_A_NAME:
                self._failures.pop(key, None)

    def _free_at(self, key: _Key, most: int) -> float:
        """When a key is held back no longer, by the clock; the beginning of time where it is not."""
        failures = self._failures.get(key)
        return failures[0] + WINDOW if failures and len(failures) == most else 0.0


def _keys(name: str, address: str) -> Iterator[tuple[_Key, int]]:
    """What failures are counted under, and how many are let pass of each."""
    network = network_of(address)
    # A digest, so that a long name takes no more room than a short one.
    yield (network, sha256(name.encode("utf-8", "surrogatepass")).digest()), MOST_OF_A_NAME
    yield (network, b""), MOST_OF_AN_ADDRESS
