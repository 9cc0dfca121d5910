"""An answer as it is being written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from time import sleep

from rag.answer import Answer

# Between two looks at what has been written: faster than anyone reads, slow enough to leave time for the writing.
_PAUSE = 0.04


def replies(ask: Callable[..., Answer]) -> Iterator[str | Answer]:
    """The text that is new, at once the first time and then a few times a second, and at last the answer itself.

    Args:
        ask: answers a question, and gives its text to `on_token` piece by piece; what it raises is raised here.
    """
    pieces: SimpleQueue[str | None] = SimpleQueue()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, on_token=pieces.put)
        answer.add_done_callback(lambda _: pieces.put(None))
        while (piece := pieces.get()) is not None:
            new, is_over = _all_there(pieces)
            yield piece + new
            if is_over:
                break
            sleep(_PAUSE)
        yield answer.result()


def _all_there(pieces: SimpleQueue[str | None]) -> tuple[str, bool]:
    """What is in the queue already, and whether that was the last of it."""
    said = ""
    while True:
        try:
            piece = pieces.get_nowait()
        except Empty:
            return said, False
        if piece is None:
            return said, True
        said += piece
