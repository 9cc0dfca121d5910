"""What an index says of itself: how it was made, what it holds, and what each of its files must be."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import IndexDamaged, IndexMismatch, Place

# An index of another format is told by this number alone: it stays a key of the manifest in every format.
FORMAT = 4


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
    def from_json(cls, folder: Path, path: Path, content: bytes) -> Manifest:
        """What `to_json` wrote to a path of the index in `folder`.

        Raises:
            IndexDamaged: it is no manifest.
            IndexMismatch: it was written in another format.
        """
        try:
            written: dict[str, Any] = json.loads(content)
            check_format(folder, written.pop("format"), FORMAT)
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
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise IndexDamaged(folder, path, "is not a manifest") from error


def check_format(place: Place, version: object, known: int) -> None:
    """IndexMismatch where an index has another format than is read here; a later one is for a later program to read."""
    if isinstance(version, int) and version > known:
        raise IndexMismatch(
            place,
            f"has format {version}, and this version reads format {known}",
            remedy="update this program to the version that made it",
        )
    if version != known:
        raise IndexMismatch(place, f"has format {version}, and this version reads format {known}")
