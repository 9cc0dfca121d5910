"""The seam where articles are read, split and embedded: on this machine, or by Ray on many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

from corpus.article import Article
from corpus.errors import SettingsError, UnreadableFile
from corpus.splitter import Splitter
from index.embedding.embedder import EmbeddedPassage
from index.manifest import Recipe
from index.plan import Planned
from index.source_file import SourceFile

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class EmbeddedArticle:
    """An article with its passages, in reading order, ready to be kept."""

    article: Article
    source: SourceFile
    passages: tuple[EmbeddedPassage, ...]


class Engine(Protocol):
    """Makes articles of files.

    `digest` tells the model's weights from others of the same name, and `dim` is how long its vectors are.
    """

    digest: str
    dim: int

    def embedded(self, planned: Sequence[Planned], told: Told) -> Iterator[EmbeddedArticle | UnreadableFile]:
        """The files' articles in the order given; one that cannot be read is an error with the reason, in its place.

        Args:
            told: called, from any thread, with how many more bytes of the files are done with.
        """
        ...


@contextmanager
def open_engine(
    name: str, model: str, splitter: Splitter, planned: Sequence[Planned], base: Recipe | None
) -> Iterator[Engine]:
    """The engine of a name, until the context ends.

    Args:
        name: `ray` for all cores and GPUs of this machine, `ray://HOST:PORT` for those of a cluster; empty for none.
        planned: what it will be given to do.
        base: how the index was made that is brought up to date, if there is one.

    Raises:
        SettingsError: there is no engine of that name.
        ModelError: the model cannot be loaded.
        EngineError: the cluster is not there, or failed.
        MissingDependency: Ray is not installed.
    """
    if not name:
        from index.engines.local_engine import LocalEngine

        yield LocalEngine.open(model, splitter, planned, base)
    elif name == "ray" or name.startswith("ray://"):
        from index.engines.ray_engine import RayEngine

        with closing(RayEngine.open(name, model, splitter)) as ray:
            yield ray
    else:
        raise SettingsError(f"there is no engine {name}: name ray, or ray://HOST:PORT, or leave it out")
