"""Answers without a language model: sentences of the articles, verbatim, each cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.article import Article
from index.article_index import ArticleIndex
from rag.answer import REFUSAL, Answer, Citation, Sentence
from rag.answerer import OnToken
from rag.confidence import confidence
from rag.evidence import Candidate, choose, rank_sentences
from rag.question import Question
from rag.reading import Reading
from rag.settings import Settings

# How many of the sentences nearest to answering an answer carries.
_NEAREST = 5


class ExtractiveAnswerer:
    """Quotes the sentences that answer, in reading order. Instant, the same every time, and nothing is invented."""

    name = "extractive"

    def __init__(self, index: ArticleIndex, settings: Settings) -> None:
        self._index = index
        self._settings = settings

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        """See `Answerer.answer`."""
        ranked = rank_sentences(question, readings)
        sure = confidence(question, readings, ranked)
        abstained = not ranked or sure < self._settings.threshold
        quoted, nearest = choose(question, ranked, self._settings.max_quotes), ranked[:_NEAREST]
        articles = {name: self._index.article(name) for name in {item.article_id for item in [*quoted, *nearest]}}
        chosen = _cite(_in_reading_order(quoted), articles)
        citations, withheld = ((), chosen) if abstained else (chosen, ())
        sentences = tuple(Sentence(" ".join(item.quote.split()), (item.number,), support=1.0) for item in citations)
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
            evidence=_cite(nearest, articles),
            abstained=abstained,
            confidence=sure,
            hits=tuple(reading.hit for reading in readings),
            answered_by=self.name,
        )


def _cite(sentences: Sequence[Candidate], articles: Mapping[str, Article]) -> tuple[Citation, ...]:
    return tuple(_citation(number, item, articles[item.article_id]) for number, item in enumerate(sentences, start=1))


def _citation(number: int, item: Candidate, article: Article) -> Citation:
    start, end = item.range
    quote = article.text[start:end]
    # The promise of the product, kept here for every citation there is.
    if quote != item.text:
        raise AssertionError(f"{article.id} [{start}:{end}] is not what its passage says")
    return Citation(number, article.id, article.title, start, end, quote, article.url)


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Sentences of one article as they follow each other in it; the article of the best sentence first."""
    articles = list(dict.fromkeys(item.article_id for item in chosen))
    return sorted(chosen, key=lambda item: (articles.index(item.article_id), item.range))
