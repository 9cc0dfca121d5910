"""From questions to the passages that are read for them: hybrid search, then a closer look at the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from index.article_index import ArticleIndex
from index.filters import Filters
from index.query import Found
from rag.question import Question
from rag.reader.order import READ, in_order_read
from rag.reader.reader import Reader
from rag.reading import Reading, read
from rag.reranker import Reranker

# How many passages are looked at closely; each takes a twentieth of a millisecond. Recall@20 of SQuAD's gold questions
# by their number: 30 .951, 50 .960, 70 .961, 100 .965.
POOL = 70


def retrieve(
    questions: Sequence[Question],
    k: int,
    index: ArticleIndex,
    reranker: Reranker,
    reader: Reader | None = None,
    filters: Filters | None = None,
) -> Iterator[list[Reading]]:
    """The k best passages for each question as they read beside it, best first, of the articles that pass the filters.

    They are searched together, and looked at, and the best of them read, as they are asked for.
    """
    found = index.search([question.query for question in questions], max(k, POOL), filters)
    both = zip(questions, found, strict=True)
    if reader is None:
        return (_best(question, some, k, reranker) for question, some in both)
    return (
        in_order_read(question, _best(question, some, max(k, READ), reranker), index, reader)[:k]
        for question, some in both
    )


def in_order(question: Question, readings: Sequence[Reading], k: int, reranker: Reranker) -> list[Reading]:
    """The k best of some passages, best first, with their new scores."""
    scores = reranker.scores(question, readings)
    # Ties are settled by passage number.
    order = np.lexsort((np.array([reading.hit.id for reading in readings]), -scores))
    return [readings[place].scored(float(scores[place])) for place in order[:k]]


def _best(question: Question, found: Sequence[Found], k: int, reranker: Reranker) -> list[Reading]:
    """The first `POOL` passages in their better order, and the rest as the search found them, up to the k-th."""
    best = in_order(question, [read(question, some) for some in found[:POOL]], k, reranker)
    # What follows stays below in its score too.
    least = best[-1].hit.score if best else 0.0
    return [*best, *(read(question, some).scored(some.hit.score * least) for some in found[POOL:k])]
