"""From a question to the passages that are read for it: hybrid search, then a closer look at the best."""

from __future__ import annotations

from dataclasses import replace

from index.article_index import ArticleIndex
from rag.question import Question
from rag.reading import Reading, read
from rag.reranker import Reranker

# How many passages are looked at closely; each takes a tenth of a millisecond. Recall@20 of SQuAD's gold questions by
# their number: 30 .951, 50 .960, 70 .961, 100 .965.
POOL = 70


def retrieve(question: Question, k: int, index: ArticleIndex, reranker: Reranker) -> list[Reading]:
    """The k best passages for a question, best first; beyond the first `POOL` they stay as the search found them."""
    readings = read(question, index.search(question.query, max(k, POOL)), index)
    best = reranker.rerank(question, readings[:POOL])
    # What follows stays below in its score too.
    least = best[-1].hit.score if best else 0.0
    rest = [replace(item, hit=replace(item.hit, score=item.hit.score * least)) for item in readings[POOL:]]
    return [*best, *rest][:k]
