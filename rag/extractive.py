"""Answers without a language model: sentences of the articles, verbatim, each cited."""

from __future__ import annotations

from collections.abc import Sequence

from index.article_index import ArticleIndex
from rag.agreement.disagreement import Disagreement, find_disagreement
from rag.agreement.repeats import varied
from rag.answer import REFUSAL, Answer, Sentence
from rag.answerer import OnToken
from rag.citing import cite, in_reading_order, short_answer
from rag.confidence import confidence
from rag.evidence import Candidate, choose, rank_sentences
from rag.question import Question
from rag.reading import Reading
from rag.settings import EXTRACTIVE, Settings

# How many of the sentences nearest to answering an answer carries.
_NEAREST = 5


class ExtractiveAnswerer:
    """Quotes the sentences that answer, in reading order. Instant, the same every time, and nothing is invented."""

    name = EXTRACTIVE

    def __init__(self, index: ArticleIndex, settings: Settings) -> None:
        self._index = index
        self._settings = settings

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        """See `Answerer.answer`."""
        ranked = rank_sentences(question, readings)
        sure = confidence(question, readings, ranked)
        abstained = not ranked or sure < self._settings.threshold
        disagreement = None if abstained else self._disagreement(question, ranked)
        sides = disagreement.candidates if disagreement else ()
        quoted = varied(question, sides, choose(question, ranked, len(ranked)), ranked)
        shown = in_reading_order(quoted[: self._settings.max_quotes])
        chosen = cite(shown, self._index)
        citations, withheld = ((), chosen) if abstained else (chosen, ())
        quotes = [Sentence(" ".join(item.quote.split()), (item.number,), support=1.0) for item in citations]
        sentences = (disagreement.said(citations), *quotes) if disagreement else tuple(quotes)
        said = [REFUSAL] if abstained else [sentence.text for sentence in sentences]
        if on_token:
            for number, sentence in enumerate(said):
                on_token(f" {sentence}" if number else sentence)
        return Answer(
            question=question.text,
            standalone=question.standalone,
            text=" ".join(said),
            sentences=sentences,
            citations=citations,
            withheld=withheld,
            evidence=cite(ranked[:_NEAREST], self._index),
            abstained=abstained,
            confidence=sure,
            hits=tuple(reading.hit for reading in readings),
            answered_by=self.name,
            short=short_answer(shown, self._index),
        )

    def _disagreement(self, question: Question, ranked: Sequence[Candidate]) -> Disagreement | None:
        # One quote cannot show two sides.
        return find_disagreement(question, ranked, self._index) if self._settings.max_quotes > 1 else None
