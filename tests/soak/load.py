"""What readers do to a server: ask by each of its doors, upload, remove, and load the page again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, perf_counter
from typing import NamedTuple

import httpx
from gradio_client import Client

from tests.soak.server import Holding, Server
from tests.ui.browsing import ask, launched, opened, turn_to

# The mean of seconds between an answer and the next question of one asker.
_THINKING = 0.15
_PATIENCE = 60


class Asked(NamedTuple):
    """A question: when it was answered, in seconds from the start, and after how many milliseconds."""

    at: float
    milliseconds: float


class Load:
    """Readers in threads, until they are told to stop; what they met with is kept."""

    def __init__(self, server: Server, questions: Sequence[str]) -> None:
        self.asked: list[Asked] = []
        self.held: list[tuple[float, Holding]] = []
        self.errors: list[str] = []
        self.changes = 0
        self._server = server
        self._questions = questions
        self._begun = monotonic()
        self._lock = Lock()
        self._over = Event()

    def run(self, seconds: float, askers: int, librarians: Sequence[Callable[[], None]]) -> None:
        """Let them at it for some seconds: half of the askers by `/v1`, half by Gradio's API."""
        # On a new machine the first question waits for the encoder to be exported, which is no part of the load.
        first = self._by_v1()
        next(first)(self._questions[0])
        self._begun = monotonic()
        ways = [self._by_v1, self._by_gradio]
        works = [lambda seed=seed: self._keep_asking(ways[seed % 2], seed) for seed in range(askers)]
        threads = [Thread(target=self._noting, args=(work,)) for work in (*works, *librarians, self._watch)]
        for thread in threads:
            thread.start()
        self._over.wait(seconds)
        self._over.set()
        for thread in threads:
            thread.join(2 * _PATIENCE)
            assert not thread.is_alive(), "a reader waits for ever"

    def change(self, folder: Path) -> None:
        """In a browser: load the page, upload an article, ask for it, take it away, and ask again."""
        with launched() as profile:
            for number in count():
                if self._over.is_set():
                    return
                file = folder / f"mill {number}.txt"
                file.write_text(f"Mill {number}\n\nThe mill at Orva was sold in {1700 + number} because of drought.\n")
                with opened(profile, self._server.address) as page:
                    turn_to(page, "Library")
                    page.locator("#drop input[type=file]").set_input_files(file)
                    page.locator(".change li").get_by_text("added").wait_for()
                    turn_to(page, "Chat")
                    ask(page, "When was the mill at Orva sold?")
                    said = page.locator(".exchange .answer").last.inner_text()
                    assert str(1700 + number) in said, said
                    turn_to(page, "Library")
                    page.get_by_role("button", name=f"Remove “Mill {number}”").click()
                    page.locator(".confirm .sure").click()
                    page.get_by_text(f"“Mill {number}” was removed.").wait_for()
                    page.reload()
                    page.locator(".conversation").wait_for()
                self.changes += 2

    def _keep_asking(self, way: Callable[[], Iterator[Callable[[str], object]]], seed: int) -> None:
        chance = random.Random(seed)
        for asking in way():
            while not self._over.wait(chance.expovariate(1 / _THINKING)):
                begun = perf_counter()
                asking(chance.choice(self._questions))
                milliseconds = 1000 * (perf_counter() - begun)
                with self._lock:
                    self.asked.append(Asked(monotonic() - self._begun, milliseconds))

    def _by_v1(self) -> Iterator[Callable[[str], object]]:
        with httpx.Client(base_url=self._server.address, timeout=_PATIENCE) as client:

            def asking(question: str) -> None:
                sent = {"model": "ask-the-articles", "messages": [{"role": "user", "content": question}]}
                reply = client.post("/v1/chat/completions", json=sent)
                assert reply.status_code == 200, reply.text
                assert reply.json()["choices"][0]["message"]["content"]

            yield asking

    def _by_gradio(self) -> Iterator[Callable[[str], object]]:
        client = Client(self._server.address, verbose=False, analytics_enabled=False)

        def asking(question: str) -> None:
            assert client.predict(question, api_name="/ask")["answer"]

        yield asking
        client.close()

    def _watch(self) -> None:
        while not self._over.wait(1):
            # A thread that ends between being listed and being looked at is looked at no more.
            with suppress(FileNotFoundError, ProcessLookupError):
                self.held.append((monotonic() - self._begun, self._server.holding()))

    def _noting(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            # Whatever a reader meets with is a figure; the others go on.
            self.errors.append(f"{type(error).__name__}: {error}")
