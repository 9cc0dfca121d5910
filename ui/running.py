"""Runs gold questions in the background, for a page that shows how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock, Thread
from threading import enumerate as enumerate_threads
from time import perf_counter

from corpus.errors import RagError, RunError
from corpus.gold import GoldQuestion
from rag.chatbot import Chatbot
from rag.evaluation import evaluate
from ui.runs import Run, Runs

STOPPED = "The run was stopped, and nothing of it is kept."
_NAME = "an evaluation"
_BROKEN_OFF = "The run broke off: the terminal of the server says why."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` questions in so many seconds."""

    gold: str
    done: int
    total: int
    seconds: float = 0.0


class Runner:
    """Runs gold questions in a thread, one file of them at a time; safe to share between threads."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = Lock()
        self._progress: Progress | None = None
        self._is_stopping = False
        self._ended: Run | str = ""

    @property
    def progress(self) -> Progress | None:
        """How far the run under way is; None where there is none."""
        return self._progress

    @property
    def ended(self) -> Run | str:
        """How the last run ended: what is kept of it, or a line that says why nothing is."""
        return self._ended

    def start(self, gold: str, questions: Sequence[GoldQuestion], chatbot: Chatbot) -> None:
        """Ask the questions in the background and keep the run.

        Args:
            gold: a name for the questions.

        Raises:
            RunError: another run is under way.
        """
        with self._lock:
            if self._progress:
                raise RunError(f"{self._progress.gold} are being asked just now: wait for the end, or stop them")
            self._progress, self._is_stopping = Progress(gold, 0, len(questions)), False
        Thread(target=self._run, args=(gold, questions, chatbot), name=_NAME, daemon=True).start()

    def stop(self) -> None:
        """End the run under way after the question that is being answered."""
        self._is_stopping = True

    def _run(self, gold: str, questions: Sequence[GoldQuestion], chatbot: Chatbot) -> None:
        ended: Run | str = _BROKEN_OFF
        begun = perf_counter()

        def tell(done: int, total: int) -> None:
            self._check()
            self._progress = Progress(gold, done, total, perf_counter() - begun)

        try:
            evaluation = evaluate(questions, chatbot, progress=tell)
            self._check()
            ended = self._runs.keep(gold, evaluation, chatbot.index)
        except _Stopped:
            ended = STOPPED
        except RagError as error:
            ended = str(error)
        finally:
            self._ended, self._progress = ended, None

    def _check(self) -> None:
        if self._is_stopping:
            raise _Stopped


def is_running() -> bool:
    """Whether questions are being asked in the background, for whatever page."""
    return any(thread.name == _NAME for thread in enumerate_threads())


class _Stopped(Exception):
    """The reader has stopped the run."""
