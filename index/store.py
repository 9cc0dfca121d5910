"""The seam where an index is kept: a folder on this machine (`index.folder.store`), or Milvus (`index.milvus`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.location import Location, MilvusLocation

if TYPE_CHECKING:
    from index.article_index import ArticleIndex
    from index.build import Progress
    from index.engines.engine import EmbeddedArticle
    from index.manifest import Manifest, Recipe
    from index.source_file import SourceFile


class Store(Protocol):
    """The one place that writes an index and opens it; all of it is found again by its location."""

    @property
    def location(self) -> Location:
        """Where it is."""
        ...

    def exists(self) -> bool:
        """Whether there is an index, be it damaged; StoreError where the place cannot be reached."""
        ...

    def current(self) -> Manifest:
        """What the generation in force says of itself.

        Raises:
            IndexNotFound: there is no index.
            IndexDamaged, IndexMismatch: it cannot be read.
            StoreError: the place cannot be reached.
        """
        ...

    def roots(self) -> list[Path]:
        """The paths the index was made from, whatever the format it has; raises as `current` does, mismatches apart."""
        ...

    def version(self) -> object:
        """What is another whenever another generation was put in force, at the least price; IndexNotFound for none."""
        ...

    def open(self) -> ArticleIndex:
        """The generation in force, to be asked; raises as `current` does, and ModelError."""
        ...

    def verify(self, progress: Progress | None = None) -> Manifest:
        """Read all that the generation in force holds, and compare it with what was written and with itself.

        Args:
            progress: told what is being read, how much of it is, and how much there is: bytes.

        Raises:
            IndexDamaged: something is not what it should be; the error names the file.
        """
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Hold the index's lock, which ends with the process, however it ends.

        Raises:
            IndexLocked: another process holds it.
            StoreError: nothing can be written there.
        """
        ...

    def sources(self) -> dict[str, SourceFile]:
        """The file behind each article of the generation in force, by article id; while `writing`."""
        ...

    def draft(self, base: Manifest | None, wanted: Mapping[str, SourceFile], recipe: Recipe) -> Draft:
        """The generation to come after `base`, while `writing`; None for a base makes the index anew.

        Args:
            wanted: the articles that are to be read, by id; what an interrupted build has finished of them is kept.
        """
        ...


class Draft(Protocol):
    """A generation in the making: nobody sees any of it before it is put in force, and then all of it is there."""

    @property
    def finished(self) -> Collection[str]:
        """The ids of the articles that an interrupted build had finished, and that are kept."""
        ...

    def add(self, articles: Sequence[EmbeddedArticle]) -> None:
        """Keep articles; when it returns, an interruption loses none of them."""
        ...

    def put_in_force(self, gone: Collection[str], roots: Sequence[str], excluded: Sequence[str]) -> None:
        """Be the index from now on: the base without the articles that are `gone`, and with those that were added."""
        ...


def store_at(location: Location) -> Store:
    """The store of a place."""
    if isinstance(location, MilvusLocation):
        from index.milvus.store import MilvusStore

        return MilvusStore(location)
    from index.folder.store import FolderStore

    return FolderStore(location)
