"""Passages by words: BM25 on tantivy.

Measured on SciFact against bm25s with the same stemming: nDCG@10 .686 to .679 (k1 1.2, b .75 both), .18 ms to .21 ms a
query, .3 s to .6 s to build, 1.2 MB to 4.6 MB on disk; and tantivy adds and removes passages in place, where bm25s is
built anew.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from corpus.errors import IndexDamaged
from index.query import Ids, Query, Ranking
from index.words import terms

if TYPE_CHECKING:
    import tantivy

# The words come as `index.words` has them.
_ANALYZER = "words"
_WRITER_BYTES = 128_000_000
# A choice of a larger share than this is made among what was found: tantivy goes through all of it for each question,
# at 180,000 passages for 49 ms.
_MANY = 0.05
_ERROR_NUMBER = re.compile(r"\b(?:os error|code:) (\d+)")
Document = tuple[int, str]


class LexicalIndex:
    """BM25 over the passages' words (Robertson and Zaragoza 2009; k1 = 1.2 and b = .75, as tantivy has them).

    Args:
        place: the folder that the index lies in.
        only: the numbers of the passages that are found, ascending; all where it is not given.
    """

    FOLDER = "lexical"

    def __init__(self, index: tantivy.Index, place: Path, only: Ids | None = None) -> None:
        self._index = index
        self._place = place
        self._only = only
        self._searcher = index.searcher()
        self._share = 1.0 if only is None else len(only) / max(len(self), 1)
        self._filter = None if only is None or self._share > _MANY else self._one_of(only)

    @classmethod
    def update(cls, folder: Path, base: Path | None, added: Iterable[Document], removed: Iterable[int]) -> LexicalIndex:
        """A new index in `folder`: that of `base`, if any, without `removed` passages and with `added` ones.

        The base is only read: its files never change once written, so they are linked, not copied. Raises OSError.
        """
        target = folder / cls.FOLDER
        target.mkdir()
        if base is not None:
            for file in sorted((base / cls.FOLDER).iterdir()):
                _link(file, target / file.name)
        with _as_os_error():
            _write(target, added, removed)
        # tantivy lets nobody else read the two that it replaces at a commit.
        for file in target.glob("*.json"):
            file.chmod(target.stat().st_mode & 0o666)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index that `update` wrote to a folder, which may be read-only; raises OSError."""
        place = folder / cls.FOLDER
        if os.access(place, os.W_OK):
            # Where one may write, the lock may still be another user's, or the disk full.
            with suppress(OSError), _as_os_error():
                return cls(_to_read(place), place)
        # tantivy opens nothing without writing a lock beside it; what it has opened, it needs no names of.
        with TemporaryDirectory() as links, _as_os_error():
            for file in place.iterdir():
                if not file.name.endswith(".lock"):
                    (Path(links) / file.name).symlink_to(file.resolve())
            return cls(_to_read(Path(links)), place)

    def within(self, ids: Ids) -> LexicalIndex:
        """The same index, in which only passages of these numbers are found; what is rare stays as rare as it was."""
        return LexicalIndex(self._index, self._place, np.sort(ids))

    def search(self, queries: Sequence[Query], k: int) -> list[Ranking]:
        """See `PassageIndex.search`; only passages that share a word with the query are found."""
        with self._damage_seen():
            return [self._search(query, k) for query in queries]

    def _search(self, query: Query, k: int) -> Ranking:
        parsed = self._parse(query.text)
        k = min(k, len(self) if self._only is None else len(self._only))
        if parsed is None or k < 1:
            return Ranking(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        if self._only is None or self._filter is not None:
            return self._best(parsed, k)
        # Of what is found most may be found: more is taken until there is enough of it.
        taken = int(k / self._share) + k
        while True:
            found = self._best(parsed, min(taken, len(self)))
            kept = np.isin(found.ids, self._only)
            if kept.sum() >= k or len(found.ids) < taken:
                return Ranking(found.ids[kept][:k], found.scores[kept][:k])
            taken *= 2

    def _best(self, query: tantivy.Query, k: int) -> Ranking:
        found = self._searcher.search(query, k, count=False).hits
        ids = self._searcher.fast_field_values("id", [address for _, address in found]) if found else []
        return Ranking(np.array(ids, dtype=np.int64), np.array([score for score, _ in found], dtype=np.float32))

    def frequencies(self, words: Sequence[str]) -> list[int]:
        """In how many passages each word stands; the words as `terms` gives them."""
        with self._damage_seen():
            return [self._searcher.doc_freq("words", word) for word in words]

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @contextmanager
    def _damage_seen(self) -> Iterator[None]:
        """What comes of files that changed since they were opened is IndexDamaged."""
        try:
            yield
        except BaseException as error:
            # tantivy panics, which is no Exception, or gives something that is no number.
            if not isinstance(error, ValueError | TypeError) and type(error).__name__ != "PanicException":
                raise
            raise IndexDamaged(self._place.parents[2], self._place, "is not what was written") from error

    def _parse(self, text: str) -> tantivy.Query | None:
        import tantivy

        schema = self._index.schema
        words = dict.fromkeys(terms(text))
        if not words:
            return None
        any_of = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", word, index_option="freq"))
                for word in words
            ]
        )
        if self._filter is None:
            return any_of
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, any_of), (tantivy.Occur.Must, self._filter)])

    def _one_of(self, ids: Ids) -> tantivy.Query:
        """Matches these passages, and adds nothing to their scores."""
        import tantivy

        one_of = tantivy.Query.term_set_query(self._index.schema, "id", ids.tolist())
        return tantivy.Query.const_score_query(one_of, 0.0)


def _to_read(folder: Path) -> tantivy.Index:
    """The tantivy index of a folder, as it is now: what tantivy would look for by itself, nobody has checked."""
    index = _open(folder)
    index.config_reader("manual")
    return index


def _open(folder: Path) -> tantivy.Index:
    """Open the tantivy index of a folder, or start one there."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name=_ANALYZER, index_option="freq")
    index = tantivy.Index(builder.build(), path=str(folder))
    index.register_tokenizer(_ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _write(target: Path, added: Iterable[Document], removed: Iterable[int]) -> None:
    import tantivy

    writer = _open(target).writer(_WRITER_BYTES, 1)
    for passage_id in removed:
        writer.delete_documents_by_term("id", passage_id)
    for passage_id, words in added:
        document = tantivy.Document()
        document.add_integer("id", passage_id)
        document.add_text("words", words)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


@contextmanager
def _as_os_error() -> Iterator[None]:
    """tantivy raises ValueError where a file cannot be written, and says why in one of many ways."""
    try:
        yield
    except ValueError as error:
        number = _ERROR_NUMBER.search(str(error))
        why = os.strerror(int(number[1])) if number else " ".join(str(error).split())
        raise OSError(int(number[1]) if number else EIO, why) from error


def _link(file: Path, target: Path) -> None:
    """Link an unchanging file, or copy it where the file system has no links; locks stay behind."""
    if file.name.endswith(".lock"):
        return
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
