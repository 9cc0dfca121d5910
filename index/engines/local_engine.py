"""This machine reads, splits and embeds; while the model works, the next files are read and what is done is stored."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from corpus.article import Article, Passage
from corpus.errors import UnreadableFile
from corpus.readers import get_ready, read_file
from corpus.splitter import Splitter
from index.ahead import ahead
from index.embedding import packaged_model
from index.embedding.embedder import DEFAULT_MODEL, PassageEmbedder
from index.embedding.onnx_embedder import open_question_embedder
from index.engines.engine import EmbeddedArticle, Told
from index.manifest import Recipe
from index.plan import Planned

# Bytes of files that are embedded sooner than torch is there.
_LITTLE = 200_000
# Passages embedded as one lot, in batches of like length: enough that their lengths meet.
_LOT = 512
# Articles read, and embedded, before they are asked for.
_READ_AHEAD, _EMBEDDED_AHEAD = 64, 64


@dataclass(frozen=True, slots=True)
class SplitArticle:
    """An article that was read, with its passages in reading order."""

    article: Article
    planned: Planned
    passages: tuple[Passage, ...]


class LocalEngine:
    """See `index.engines.engine.Engine`."""

    def __init__(self, embedder: PassageEmbedder, splitter: Splitter) -> None:
        self.digest = embedder.digest
        self.dim = embedder.dim
        self._embedder = embedder
        self._splitter = splitter

    @classmethod
    def open(cls, model: str, splitter: Splitter, planned: Sequence[Planned], base: Recipe | None) -> LocalEngine:
        """The engine with a model by name or path; raises ModelError.

        It embeds by ONNX Runtime where there is little to do, and where torch has no half precision to be faster in:
        on the processor this was measured on, passages a second, float32 by torch 36, by ONNX 63, bfloat16 94.
        """
        get_ready()  # while the model is loaded
        digest = packaged_model.DIGEST if model == DEFAULT_MODEL else base.digest if base else None
        little = sum(item.size for item in planned) <= _LITTLE and "torch" not in sys.modules
        if little and digest:
            return cls(open_question_embedder(model, digest), splitter)
        from index.embedding.sentence_transformer import SentenceTransformerEmbedder

        embedder = SentenceTransformerEmbedder.load(model)
        is_fast = embedder.is_in_half_precision
        return cls(embedder if is_fast else open_question_embedder(model, embedder.digest), splitter)

    def embedded(self, planned: Sequence[Planned], told: Told) -> Iterator[EmbeddedArticle | UnreadableFile]:
        """See `Engine.embedded`."""
        read = ahead((read_and_split(item, self._splitter) for item in planned), _READ_AHEAD)
        return ahead((done for lot in _lots(read) for done in embed(lot, self._embedder, told)), _EMBEDDED_AHEAD)


def read_and_split(planned: Planned, splitter: Splitter) -> SplitArticle | UnreadableFile:
    """A file's article and its passages, or why there are none."""
    try:
        article = read_file(planned.path, planned.article_id)
    except UnreadableFile as error:
        return error
    return SplitArticle(article, planned, tuple(splitter.split(article)))


def embed(
    lot: Sequence[SplitArticle | UnreadableFile], embedder: PassageEmbedder, told: Told
) -> Iterator[EmbeddedArticle | UnreadableFile]:
    """The articles of a lot with their vectors, in the order given, once all of them have theirs."""
    articles = {item.article.id: item for item in lot if isinstance(item, SplitArticle)}
    passages = [passage for item in articles.values() for passage in item.passages]
    titles = [articles[passage.article_id].article.title for passage in passages]
    embedded = {}
    for passage in embedder.embed_passages(passages, titles):
        of = articles[passage.passage.article_id]
        embedded[of.article.id, passage.passage.ordinal] = passage
        told(of.planned.size / len(of.passages))
    for item in lot:
        if isinstance(item, UnreadableFile):
            yield item
        else:
            own = tuple(embedded[item.article.id, passage.ordinal] for passage in item.passages)
            yield EmbeddedArticle(item.article, item.planned.source, own)


def _lots(
    read: Iterable[SplitArticle | UnreadableFile],
) -> Iterator[list[SplitArticle | UnreadableFile]]:
    """Whole articles in lots of about `_LOT` passages."""
    lot: list[SplitArticle | UnreadableFile] = []
    passages = 0
    for item in read:
        lot.append(item)
        passages += len(item.passages) if isinstance(item, SplitArticle) else 0
        if passages >= _LOT:
            yield lot
            lot, passages = [], 0
    if lot:
        yield lot
