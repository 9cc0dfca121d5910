"""All that a generation holds, read and compared with what was written, and with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from corpus.article import Article, Passage
from corpus.errors import IndexDamaged
from index.folder import approximate, files
from index.folder.generation import open_segment
from index.folder.lexical import LexicalIndex
from index.folder.read_in_parts import Rows
from index.folder.segment import Segment
from index.folder.segment_writer import ARTICLES, IDS, RECORDS, SENTENCES, TEXTS, VECTORS
from index.manifest import Manifest, Part

if TYPE_CHECKING:
    from index.build import Progress

_ROWS = 100_000
# Half precision leaves a unit vector within a quarter of a percent of its length.
_OFF = 0.01


def verify(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Read every file of a generation, every article, passage and vector in it, and count them.

    Args:
        progress: told of each file how much of it is read, in bytes.

    Raises:
        IndexDamaged: the first file that is missing, has changed, or does not fit the others.
    """
    files.verify(folder, manifest, progress)
    articles = passages = 0
    for part in manifest.parts:
        with closing(open_segment(folder, part)) as segment:
            _verify_rows(segment, part)
            held = _verify_articles(segment, partial(progress, f"Articles of {part.name}"))
            articles += held[0]
            passages += held[1]
            _claim(held[1] == part.passages and segment.last_id < manifest.next_id, segment, ARTICLES)
    generation = files.generation_folder(folder, manifest.generation)
    found = len(LexicalIndex.open(generation))
    if found != manifest.passages:
        raise IndexDamaged(folder, generation / LexicalIndex.FOLDER, f"holds {found} of {manifest.passages} passages")
    if (articles, passages) != (manifest.articles, manifest.passages):
        counts = (
            f"counts {manifest.articles} articles and {manifest.passages} passages, where {articles} and {passages} are"
        )
        raise IndexDamaged(folder, files.manifest_file(folder, manifest.generation), counts)


def _verify_rows(segment: Segment, part: Part) -> None:
    """The numbers ascend, and each has its vector, of length one."""
    _claim(len(segment.ids) > 0 and bool((np.diff(segment.ids) > 0).all()), segment, IDS)
    _claim(len(segment.vectors) == len(segment.ids) and _are_unit(segment.vectors), segment, VECTORS)
    _claim(_are_unit(segment.sentences), segment, SENTENCES)
    if part.search:
        index = approximate.open_index(segment.folder)
        _claim((index.ntotal, index.d) == (len(segment.ids), segment.vectors.width), segment, approximate.FILE)


def _verify_articles(segment: Segment, tell: Callable[[int, int], None]) -> tuple[int, int]:
    """Every passage is what its article says in its place; how many articles and passages there are."""
    total, done, articles, passages = (segment.folder / TEXTS).stat().st_size, 0, 0, 0
    for article, here in _held(segment):
        _claim(all(_fits(passage, place, article) for place, passage in enumerate(here)), segment, RECORDS)
        articles += 1
        passages += len(here)
        done += len(article.text.encode())
        tell(done, total)
    return articles, passages


def _held(segment: Segment) -> Iterator[tuple[Article, list[Passage]]]:
    """Each article with its passages, in reading order."""
    for article in segment.articles():
        ids = segment.passage_ids([article.id])
        found = segment.passages(ids)
        _claim(len(found) == len(ids), segment, IDS)
        yield article, [found[number][0] for number in ids]


def _fits(passage: Passage, place: int, article: Article) -> bool:
    inside = all(passage.start <= start <= end <= passage.end for start, end in passage.sentences)
    return (
        (passage.article_id, passage.ordinal) == (article.id, place)
        and article.text[passage.start : passage.end] == passage.text
        and inside
    )


def _are_unit(rows: Rows) -> bool:
    """Whether every vector is of length one, which none is that holds what is no number."""
    for start in range(0, len(rows), _ROWS):
        block = rows.between(start, start + _ROWS).astype(np.float32)
        if not (np.abs(np.linalg.norm(block, axis=1) - 1) < _OFF).all():
            return False
    return True


def _claim(holds: bool, segment: Segment, name: str) -> None:
    if not holds:
        raise IndexDamaged(segment.folder.parents[1], segment.folder / name, "does not fit the files beside it")
