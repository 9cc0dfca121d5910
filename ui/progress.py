"""Progress bars in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.build import Progress


BYTES = "B"


@contextmanager
def bars(unit: str) -> Iterator[Progress]:
    """A progress bar for each stage that is told of, on standard error, where that is a terminal."""
    from tqdm import tqdm

    shown: dict[str, tqdm[Any]] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in shown:
            close()
            known = {"total": total} if total else {"bar_format": "{desc} …"}
            shown[what] = tqdm(desc=what, unit=unit, unit_scale=unit == BYTES, disable=None, leave=False, **known)
        shown[what].update(done - shown[what].n)

    def close() -> None:
        for bar in shown.values():
            bar.close()

    try:
        yield show
    finally:
        close()
