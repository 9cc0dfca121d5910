"""A generation of an index in Milvus, in the making."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from corpus.errors import StoreError
from index.engines.engine import EmbeddedArticle
from index.manifest import Manifest, Recipe
from index.milvus import records
from index.milvus.conditions import both, one_of
from index.milvus.connection import Connection, Row
from index.milvus.records import Record
from index.milvus.rows import SOURCE, WHOLE_PASSAGE, article_rows, passage_rows, source_of
from index.milvus.schema import Collections
from index.source_file import SourceFile

_HEAD = ("article", "passages", "recipe", *SOURCE)
# Passages written again, which takes one or two seconds. SciFact's nDCG@10 where a hundred abstracts that are sought
# were added later, by this number: 0 .703, 2,000 .728; all added at once .731.
_COMPANY = 2000
# Articles that stay for those who read the generation before.
_RETIRED = 1000
# Names or numbers in one condition.
_NAMED = 500


@dataclass(frozen=True, slots=True)
class _Held:
    """An article of a generation: its number, which is that of its first passage, and how many passages it has."""

    number: int
    passages: int

    @property
    def end(self) -> int:
        """The number that the next article may have."""
        return self.number + max(1, self.passages)


class MilvusDraft:
    """See `index.store.Draft`.

    Its rows have numbers above those of the base, which is how readers of the base tell that they are not theirs. The
    generation it is to replace, 0 for none, must be in force until then: see `records.generation`.
    """

    def __init__(
        self,
        connection: Connection,
        base: Record | None,
        collections: Collections,
        recipe: Recipe,
        still_held: Callable[[], None],
        replaced: int,
    ) -> None:
        self._connection = connection
        self._base = base
        self._collections = collections
        self._recipe = recipe
        self._still_held = still_held
        self._replaced = replaced
        self._added: dict[str, _Held] = {}
        self._next = base.manifest.next_id if base else 0

    @property
    def finished(self) -> Collection[str]:
        """See `Draft.finished`."""
        return self._added.keys()

    @classmethod
    def anew(cls, connection: Connection, recipe: Recipe, still_held: Callable[[], None], replaced: int) -> MilvusDraft:
        """A draft in collections of its own."""
        last = max((collections.number for collections in Collections.all(connection)), default=0)
        collections = Collections(last + 1)
        collections.create(connection, recipe.dim)
        return cls(connection, None, collections, recipe, still_held, replaced)

    def resume(self, wanted: Mapping[str, SourceFile]) -> None:
        """Take over what an interrupted build has finished of what is wanted; the rest of it goes."""
        begun = f"article >= {self._next}"
        recipe = json.dumps(asdict(self._recipe))
        heads = self._connection.every(self._collections.articles, both(begun, "part == 0"), _HEAD)
        stale = []
        for row in heads:
            held = _Held(int(row["article"]), int(row["passages"]))
            self._next = max(self._next, held.end)
            if wanted.get(row["name"]) == source_of(row) and row["recipe"] == recipe:
                self._added[row["name"]] = held
            else:
                stale.append(held.number)
        self._delete(stale)
        # Of what was being written then, the head is missing.
        self._delete_from(self._next)
        if self._connection.count(self._collections.passages, begun, strong=True) != _passages(self._added.values()):
            # It was interrupted while it took something out.
            self._added.clear()
            self._delete_from(self._base.manifest.next_id if self._base else 0)

    def add(self, articles: Sequence[EmbeddedArticle]) -> None:
        """See `Draft.add`."""
        self._still_held()
        passages: list[Row] = []
        texts: list[Row] = []
        added: dict[str, _Held] = {}
        for embedded in articles:
            held = added[embedded.article.id] = _Held(self._next, len(embedded.passages))
            passages += passage_rows(embedded, held.number)
            texts += article_rows(embedded, held.number, self._recipe)
            self._next = held.end
        self._connection.insert(self._collections.passages, passages)
        # Heads last: an article that has one is finished.
        self._connection.insert(self._collections.articles, sorted(texts, key=lambda row: -int(row["part"])))
        self._added |= added

    def put_in_force(self, gone: Collection[str], roots: Sequence[str], excluded: Sequence[str]) -> None:
        """See `Draft.put_in_force`."""
        base = self._base.manifest if self._base else None
        leaving = list(self._held_before({*gone, *self._added}))
        manifest = Manifest(
            generation=records.next_generation(self._connection),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            recipe=self._recipe,
            roots=tuple(roots),
            excluded=tuple(excluded),
            articles=(base.articles if base else 0) + len(self._added) - len(leaving),
            passages=(base.passages if base else 0) + _passages(self._added.values()) - _passages(leaving),
            next_id=self._next,
            parts=(),
            files={},
        )
        self._check_in_force()
        if self._connection.lite:
            self._weigh_alike()
        if self._base:
            self._delete(self._base.retired)
        retired = tuple(sorted(held.number for held in leaving))
        record = Record(manifest, self._collections, retired)
        records.put_in_force(self._connection, record)
        if len(retired) > _RETIRED:
            # Every search would have to name them all.
            self._delete(retired)
            following = replace(manifest, generation=manifest.generation + 1)
            records.put_in_force(self._connection, replace(record, manifest=following, retired=()))
        drop_unused(self._connection, self._collections)

    def _check_in_force(self) -> None:
        """Raise StoreError where another has written since: what that one wrote would be lost."""
        self._still_held()
        if records.generation(self._connection) != self._replaced:
            location = self._connection.location
            raise StoreError(location, f"another has written to {location} since this began: start again")

    def _weigh_alike(self) -> None:
        """Milvus Lite counts words in what it writes at once, so passages are written together with many others."""
        passages = self._collections.passages
        if self._base and self._added:
            last = both(self._base.visible, f"id >= {self._base.manifest.next_id - _COMPANY}")
            self._connection.insert(passages, list(self._connection.every(passages, last, WHOLE_PASSAGE)))
        self._connection.flush(passages)

    def _held_before(self, names: Iterable[str]) -> Iterable[_Held]:
        """The articles of these names that the base holds."""
        if self._base is None:
            return
        ordered = sorted(names)
        for start in range(0, len(ordered), _NAMED):
            named = both(self._base.visible, one_of("name", ordered[start : start + _NAMED]))
            for row in self._connection.every(self._collections.articles, both(named, "part == 0"), _HEAD):
                yield _Held(int(row["article"]), int(row["passages"]))

    def _delete_from(self, number: int) -> None:
        for collection in (self._collections.passages, self._collections.articles):
            self._connection.delete(collection, f"article >= {number}")

    def _delete(self, numbers: Sequence[int]) -> None:
        for start in range(0, len(numbers), _NAMED):
            some = one_of("article", numbers[start : start + _NAMED])
            self._connection.delete(self._collections.passages, some)
            self._connection.delete(self._collections.articles, some)


def drop_unused(connection: Connection, used: Collections) -> None:
    """Delete the collections of what was made anew since, or was never finished."""
    for collections in Collections.all(connection):
        if collections != used:
            collections.drop(connection)


def _passages(held: Iterable[_Held]) -> int:
    return sum(article.passages for article in held)
