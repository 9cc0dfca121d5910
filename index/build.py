"""Articles become an index here: only what is new or has changed is read and embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import IndexMismatch, NoArticles, UnreadableFile
from corpus.readers import find_files
from corpus.splitter import Splitter
from index.embedding.embedder import DEFAULT_MODEL
from index.engines.engine import EmbeddedArticle, Engine, open_engine
from index.location import Location
from index.manifest import Manifest, Recipe
from index.plan import Planned, make_plan
from index.store import Draft, store_at

# Passages that are kept together. An interrupted build loses these and what the engine has in hand: under half a minute
# on two cores.
_KEPT_TOGETHER = 512

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


def build(
    paths: Sequence[Path],
    location: Location,
    *,
    model: str = DEFAULT_MODEL,
    splitter: Splitter | None = None,
    engine: str = "",
    rebuild: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Bring the index at a location up to date with the files at `paths`, or make it.

    A file whose article was removed is left out unless it is itself one of the paths.

    Args:
        engine: what reads, splits and embeds; see `index.engines.engine.open_engine`.
        rebuild: start from nothing; what is there stays in force until the new index is whole. Interrupted, it starts
            over, where an update goes on.
        prune: let articles go whose files are gone.
        progress: called with what is being done, how much of it is done, and how much there is: bytes of the files.

    Raises:
        PathNotFound: one of the paths does not exist.
        NoArticles: not one article could be read.
        IndexMismatch: the index was made with another model or splitter.
        EngineError: what embeds cannot be reached, or failed.
        IndexLocked, IndexDamaged, StoreError: see `index.store`.
    """
    splitter, progress = splitter or Splitter(), progress or (lambda *_: None)
    # An index may lie among the articles it is made from.
    inside = location.resolve() if isinstance(location, Path) else None
    files = [file for file in find_files(paths) if inside not in file.resolve().parents]
    store = store_at(location)
    with store.writing():
        base = None if rebuild or not store.exists() else store.current()
        if base is not None:
            _check_recipe(location, base, model, splitter)
        live = store.sources() if base else {}
        named = [str(path.resolve()) for path in paths]
        excluded = dict.fromkeys(path for path in (base.excluded if base else ()) if path not in named)
        plan = make_plan([file for file in files if str(file.resolve()) not in excluded], paths, live)
        report = Report(unchanged=plan.unchanged, articles={live[name].path: name for name in plan.unchanged})
        report.removed, report.missing = (plan.missing, []) if prune else ([], plan.missing)
        draft, held = None, set()
        if plan.to_read:
            progress("Loading the model", 0, 0)
            with open_engine(engine, model, splitter, plan.to_read, base.recipe if base else None) as made_by:
                recipe = Recipe(model, made_by.digest, made_by.dim, splitter.max_tokens, splitter.overlap)
                if base is not None and base.recipe != recipe:
                    raise IndexMismatch(location, f"was made with other weights of {model}")
                draft = store.draft(base, {item.article_id: item.source for item in plan.to_read}, recipe)
                held = _embed(plan.to_read, made_by, draft, report, progress)
        elif base is not None:
            draft = store.draft(base, {}, base.recipe)
        if draft is None or not (held or live.keys() - set(report.removed)):
            raise NoArticles(tuple(paths), _why_nothing(report.skipped))
        report.updated = sorted(held & live.keys())
        report.added = sorted(held - live.keys())
        report.articles |= {item.source.path: item.article_id for item in plan.to_read if item.article_id in held}
        roots = list(dict.fromkeys([*(base.roots if base else ()), *named]))
        if held or report.removed or base is None or (roots, [*excluded]) != ([*base.roots], [*base.excluded]):
            progress("Saving", 0, 0)
            draft.put_in_force({*report.removed, *report.updated}, roots, [*excluded])
    return report


def _check_recipe(location: Location, base: Manifest, model: str, splitter: Splitter) -> None:
    made = base.recipe
    if made.model != model:
        raise IndexMismatch(location, f"was made with the model {made.model}, and {model} is set")
    if (made.max_tokens, made.overlap) != (splitter.max_tokens, splitter.overlap):
        raise IndexMismatch(
            location,
            f"holds passages of {made.max_tokens} tokens overlapping by {made.overlap} sentences, "
            f"and {splitter.max_tokens} and {splitter.overlap} are set",
        )


def _embed(to_read: Sequence[Planned], engine: Engine, draft: Draft, report: Report, progress: Progress) -> set[str]:
    """The ids of the articles that the draft holds when all is read; what cannot be read goes to the report."""
    total = sum(item.size for item in to_read)
    held = set(draft.finished)
    done = float(sum(item.size for item in to_read if item.article_id in held))

    def told(size: float) -> None:
        nonlocal done
        done += size
        progress("Embedding", min(round(done), total), total)

    told(0)
    lot: list[EmbeddedArticle] = []
    for item in engine.embedded([item for item in to_read if item.article_id not in held], told):
        if isinstance(item, UnreadableFile):
            report.skipped.append(item)
            continue
        lot.append(item)
        held.add(item.article.id)
        report.embedded_passages += len(item.passages)
        if sum(len(article.passages) for article in lot) >= _KEPT_TOGETHER:
            draft.add(lot)
            lot = []
    if lot:
        draft.add(lot)
    return held


def _why_nothing(skipped: Sequence[UnreadableFile]) -> str:
    if not skipped:
        return "there is no file there"
    others = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
    return f"{skipped[0].path.name} {skipped[0].reason}{others}"
