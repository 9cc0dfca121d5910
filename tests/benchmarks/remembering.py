"""A reader that reads nothing twice, for fits that ask the same questions again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from corpus.article import Passage, Range
from rag.reader import graph
from rag.reader.reader import Reader, View


class RememberingReader(Reader):
    """The reader that is shipped, with what it has read so far."""

    def __init__(self) -> None:
        super().__init__(graph.session(), graph.tokenizer())
        self._views: dict[tuple[str, str, Range], View] = {}

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[View]:
        """See `Reader.read`."""
        keys = [(question, passage.article_id, (passage.start, passage.end)) for passage in passages]
        new = [place for place, key in enumerate(keys) if key not in self._views]
        views = super().read(question, [passages[place] for place in new], [titles[place] for place in new])
        self._views.update(zip([keys[place] for place in new], views, strict=True))
        return [self._views[key] for key in keys]


@cache
def remembering_reader() -> RememberingReader:
    """One for all fits of a run."""
    return RememberingReader()
