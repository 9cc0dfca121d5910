"""Articles become an index here: only what is new or has changed is read and embedded."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpus.article import Article, Passage
from corpus.errors import IndexMismatch, NoArticles, UnreadableFile
from corpus.readers import find_files, read_file
from corpus.splitter import Splitter
from index import store
from index.embedder import DEFAULT_MODEL, EmbeddedPassage
from index.generation import new_segment_folder, open_segments, sources_of, write_generation
from index.manifest import Manifest, Recipe
from index.plan import Planned, make_plan
from index.segment import Segment, SourceFile, write
from index.sentence_transformer import SentenceTransformerEmbedder

# An interrupted build loses the work on at most this many passages: under ten seconds on two cores.
_SEGMENT_PASSAGES = 512
_COMPLETE = "recipe.json"

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Report:
    """What a build did, by article id. `missing` are articles whose files are gone: kept until a build prunes.

    `articles` has the id of each file's article, by the file's resolved path; those not read are `skipped`.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[UnreadableFile] = field(default_factory=list)
    articles: dict[Path, str] = field(default_factory=dict)
    embedded_passages: int = 0


@dataclass(frozen=True, slots=True)
class _Split:
    article: Article
    source: SourceFile
    passages: list[Passage]


def build(
    paths: Sequence[Path],
    folder: Path,
    *,
    model: str = DEFAULT_MODEL,
    splitter: Splitter | None = None,
    rebuild: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Bring the index in `folder` up to date with the files at `paths`, or make it.

    A file whose article was removed is left out unless it is itself one of the paths.

    Args:
        rebuild: start from nothing; what is there stays in force until the new index is whole. Interrupted, it starts
            over, where an update goes on.
        prune: let articles go whose files are gone.
        progress: called with what is being done, how much of it is done, and how much there is.

    Raises:
        PathNotFound: one of the paths does not exist.
        NoArticles: not one article could be read.
        IndexMismatch: the index was made with another model or splitter.
        IndexLocked, IndexDamaged, StoreError: see `index.store`.
    """
    splitter, progress = splitter or Splitter(), progress or _silent
    # An index may lie among the articles it is made from.
    files = [file for file in find_files(paths) if folder.resolve() not in file.resolve().parents]
    with store.writing(folder):
        base = None if rebuild or not store.exists(folder) else store.current(folder)
        if base is not None:
            _check_recipe(folder, base, model, splitter)
            # What is damaged would be taken over, and signed as sound.
            store.verify(folder, base)
        live = sources_of(open_segments(folder, base)) if base else {}
        named = [str(path.resolve()) for path in paths]
        excluded = dict.fromkeys(path for path in (base.excluded if base else ()) if path not in named)
        plan = make_plan([file for file in files if str(file.resolve()) not in excluded], paths, live)
        report = Report(unchanged=plan.unchanged, articles={live[name].path: name for name in plan.unchanged})
        report.removed, report.missing = (plan.missing, []) if prune else ([], plan.missing)
        fresh: list[Segment] = []
        recipe = base.recipe if base else None
        # The model is loaded, which takes seconds, only when there is something for it to do.
        if read := _read(plan.to_read, splitter, report, progress):
            embedder = SentenceTransformerEmbedder.load(model)
            recipe = Recipe(model, embedder.digest, embedder.dim, splitter.max_tokens, splitter.overlap)
            if base is not None and base.recipe != recipe:
                raise IndexMismatch(folder, f"was made with other weights of {model}")
            resumed = [] if rebuild else _resumable(folder, base, recipe, read)
            done = {name for segment in resumed for name in segment.sources()}
            split = [item for item in read if item.article.id not in done]
            first_id = max([base.next_id if base else 0, *(segment.last_id + 1 for segment in resumed)])
            fresh = [*resumed, *_embed(folder, split, embedder, recipe, first_id, progress)]
            report.embedded_passages = sum(len(item.passages) for item in split)
        held = {name for segment in fresh for name in segment.sources()}
        report.updated = sorted(held & live.keys())
        report.added = sorted(held - live.keys())
        if recipe is None or not (held or live.keys() - set(report.removed)):
            raise NoArticles(tuple(paths), _why_nothing(report.skipped))
        report.articles |= {item.source.path: item.article.id for item in read}
        roots = list(dict.fromkeys([*(base.roots if base else ()), *named]))
        if fresh or report.removed or base is None or (roots, [*excluded]) != ([*base.roots], [*base.excluded]):
            progress("Saving", 0, 1)
            write_generation(folder, base, fresh, {*report.removed, *report.updated}, recipe, roots, [*excluded])
            progress("Saving", 1, 1)
    return report


def _check_recipe(folder: Path, base: Manifest, model: str, splitter: Splitter) -> None:
    made = base.recipe
    if made.model != model:
        raise IndexMismatch(folder, f"was made with the model {made.model}, and {model} is set")
    if (made.max_tokens, made.overlap) != (splitter.max_tokens, splitter.overlap):
        raise IndexMismatch(
            folder,
            f"holds passages of {made.max_tokens} tokens overlapping by {made.overlap} sentences, "
            f"and {splitter.max_tokens} and {splitter.overlap} are set",
        )


def _read(to_read: Sequence[Planned], splitter: Splitter, report: Report, progress: Progress) -> list[_Split]:
    """The articles that can be read, split; the others go to the report with the reason."""
    split = []
    for count, planned in enumerate(to_read, start=1):
        try:
            article = read_file(planned.path, planned.article_id)
            split.append(_Split(article, planned.source, splitter.split(article)))
        except UnreadableFile as error:
            report.skipped.append(error)
        progress("Reading", count, len(to_read))
    return split


def _embed(
    folder: Path,
    split: Sequence[_Split],
    embedder: SentenceTransformerEmbedder,
    recipe: Recipe,
    first_id: int,
    progress: Progress,
) -> Iterator[Segment]:
    """Segments of the articles, each whole on disk before the next begins."""
    total, done = sum(len(item.passages) for item in split), 0
    for batch in _batches(split):
        passages = [passage for item in batch for passage in item.passages]
        titles = [item.article.title for item in batch for _ in item.passages]
        embedded: list[EmbeddedPassage] = []
        for item in embedder.embed_passages(passages, titles):
            embedded.append(item)
            progress("Embedding", done + len(embedded), total)
        in_order = {(item.passage.article_id, item.passage.ordinal): item for item in embedded}
        numbered = [
            (first_id + done + place, in_order[passage.article_id, passage.ordinal])
            for place, passage in enumerate(passages)
        ]
        done += len(passages)
        place = new_segment_folder(folder)
        write(place, ((item.article, item.source) for item in batch), numbered, recipe.dim)
        store.sync_tree(place)
        (place / _COMPLETE).write_text(json.dumps(asdict(recipe)), "utf-8")
        yield Segment(place)


def _batches(split: Sequence[_Split]) -> Iterator[list[_Split]]:
    """Whole articles in lots of about `_SEGMENT_PASSAGES` passages."""
    batch: list[_Split] = []
    for item in split:
        batch.append(item)
        if sum(len(member.passages) for member in batch) >= _SEGMENT_PASSAGES:
            yield batch
            batch = []
    if batch:
        yield batch


def _resumable(folder: Path, base: Manifest | None, recipe: Recipe, read: Iterable[_Split]) -> list[Segment]:
    """The segments that an interrupted build finished, for as far as they hold what is wanted now; others go."""
    wanted = {item.article.id: item.source for item in read}
    used = {part.name for part in base.parts} if base else set()
    next_id = base.next_id if base else 0
    found = []
    for place in (folder / store.SEGMENTS).iterdir():
        if place.name in used:
            continue
        segment = _finished(place, recipe, wanted)
        # An interrupted rebuild numbers its passages from nought, as those in use are numbered.
        if segment and segment.first_id >= next_id:
            found.append(segment)
        else:
            shutil.rmtree(place, ignore_errors=True)
    return sorted(found, key=lambda segment: segment.first_id)


def _finished(place: Path, recipe: Recipe, wanted: Mapping[str, SourceFile]) -> Segment | None:
    """A segment without what is not wanted of it, or None where it was not finished or nothing of it is."""
    try:
        if json.loads((place / _COMPLETE).read_text("utf-8")) != asdict(recipe):
            return None
        sources = Segment(place).sources()
        stale = {name for name, source in sources.items() if wanted.get(name) != source}
        return Segment(place, stale) if stale < sources.keys() else None
    except (OSError, ValueError, sqlite3.Error):
        return None


def _why_nothing(skipped: Sequence[UnreadableFile]) -> str:
    if not skipped:
        return "there is no file there"
    others = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
    return f"{skipped[0].path.name} {skipped[0].reason}{others}"


def _silent(what: str, done: int, total: int) -> None:
    """No one watches."""
