"""What an index says of itself: how it was made, what it holds, and what each of its files must be."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import IndexDamaged, IndexMismatch

FORMAT = 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what passages and vectors an article becomes; an index has one for all it holds."""

    model: str
    digest: str
    dim: int
    max_tokens: int
    overlap: int


@dataclass(frozen=True, slots=True)
class Approximation:
    """How a segment is searched: FAISS's name for it, the lists looked into, and the share found of the nearest ten.

    The recall is measured when it is made, with means of sentences as questions.
    """

    kind: str
    nprobe: int
    recall: float


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a generation, how many passages it holds, and the articles in it that are no longer held.

    `search` says how its vectors are searched, with the recall that was measured; None where all are compared.
    """

    name: str
    passages: int
    removed: tuple[str, ...] = ()
    search: Approximation | None = None

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> Part:
        """A part as `Manifest.to_json` wrote it."""
        search = Approximation(**written["search"]) if written["search"] else None
        return cls(written["name"], written["passages"], tuple(written["removed"]), search)


@dataclass(frozen=True, slots=True)
class Checksum:
    """A file's size in bytes and the xxh3 of them."""

    size: int
    xxh3: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of an index.

    `files` are relative to the index's folder, `roots` the paths it was made from, and `excluded` the files whose
    articles were removed from it, which updates leave out.
    """

    generation: int
    created: str
    recipe: Recipe
    roots: tuple[str, ...]
    excluded: tuple[str, ...]
    articles: int
    passages: int
    next_id: int
    parts: tuple[Part, ...]
    files: dict[str, Checksum]

    def to_json(self) -> str:
        """The manifest as it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, folder: Path, path: Path) -> Manifest:
        """The manifest of a generation of the index in `folder`.

        Raises:
            IndexDamaged: the file is missing or not a manifest.
            IndexMismatch: it was written in another format.
        """
        try:
            written: dict[str, Any] = json.loads(path.read_text("utf-8"))
            version = written.pop("format")
            if version != FORMAT:
                raise IndexMismatch(folder, f"has format {version}, and this version reads format {FORMAT}")
            return cls(
                **{
                    **written,
                    "recipe": Recipe(**written["recipe"]),
                    "roots": tuple(written["roots"]),
                    "excluded": tuple(written["excluded"]),
                    "parts": tuple(map(Part.from_json, written["parts"])),
                    "files": {name: Checksum(**checksum) for name, checksum in written["files"].items()},
                }
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise IndexDamaged(folder, path, "is missing or not a manifest") from error
