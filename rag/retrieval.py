"""From questions to the passages that are read for them: hybrid search, then a closer look at the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import starmap

import numpy as np

from index.ahead import ahead
from index.article_index import ArticleIndex
from index.filters import Filters
from index.query import Found
from rag.question import Question
from rag.reader.order import READ, in_order_read
from rag.reader.reader import Reader
from rag.reading import Reading, below, read
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

    They are searched together, and looked at, and the best of them read, little sooner than they are asked for.
    """
    found = index.search([question.query for question in questions], max(k, POOL), filters)
    pairs = list(zip(questions, found, strict=True))
    best = partial(_best, k=k, index=index, reranker=reranker, reader=reader)
    if len(pairs) == 1:
        return starmap(best, pairs)
    # Two questions at a time, as one alone again and again leaves a core idle.
    ways = [ahead(starmap(best, pairs[first::2]), 1) for first in (0, 1)]
    return (next(ways[place % 2]) for place in range(len(pairs)))


def in_order(
    question: Question,
    readings: Sequence[Reading],
    k: int,
    index: ArticleIndex,
    reranker: Reranker,
    reader: Reader | None = None,
) -> list[Reading]:
    """The k best of some passages, best first, with their new scores."""
    scores = reranker.scores(question, readings)
    # Ties are settled by passage number.
    order = np.lexsort((np.array([reading.hit.id for reading in readings]), -scores))
    best = [readings[place].scored(float(scores[place])) for place in order[: max(k, READ)]]
    return (in_order_read(question, best, index, reader) if reader else best)[:k]


def _best(
    question: Question,
    found: Sequence[Found],
    k: int,
    index: ArticleIndex,
    reranker: Reranker,
    reader: Reader | None,
) -> list[Reading]:
    """The first `POOL` passages in their better order, and the rest as the search found them, up to the k-th."""
    best = in_order(question, [read(question, some) for some in found[:POOL]], k, index, reranker, reader)
    return [*best, *below(best, (read(question, some) for some in found[POOL:k]))]
