"""Which generation of an index in Milvus is in force: the one with the newest record."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import IndexDamaged, IndexNotFound
from index.manifest import Manifest, Recipe, check_format
from index.milvus.connection import Connection, Row
from index.milvus.schema import NO_VECTOR, RECORDS, Collections

FORMAT = 1
_PART = 16_000
_PARTS = 1 << 20
_GENERATIONS = "generation > 0"


@dataclass(frozen=True, slots=True)
class Record:
    """A generation: what it says of itself, the number of its collections, and what in them is none of it.

    `retired` are the numbers of articles that it holds no more; they stay until the generation after it, for those
    who opened the one before it.
    """

    manifest: Manifest
    collections: Collections
    retired: tuple[int, ...]

    @property
    def visible(self) -> str:
        """The condition that rows of this generation meet, articles and passages alike."""
        held = f"article < {self.manifest.next_id}"
        return f"{held} and article not in {list(self.retired)}" if self.retired else held

    def holds(self, row: Row) -> bool:
        """Whether a row, read by its id, is one of this generation."""
        return int(row["article"]) < self.manifest.next_id and int(row["article"]) not in self.retired


def version(connection: Connection) -> str:
    """What tells the generation in force from every other.

    Raises:
        IndexNotFound: there is none.
    """
    return str(_newest(connection, "stamp", strong=False)[0]["stamp"])


def generation(connection: Connection) -> int:
    """The number of the generation in force, whether it can be read or not; 0 where there is none."""
    try:
        return int(_newest(connection)[0]["generation"])
    except IndexNotFound:
        return 0


def current(connection: Connection) -> Record:
    """The generation in force.

    Raises:
        IndexNotFound: there is none.
        IndexDamaged, IndexMismatch: its record cannot be read.
    """
    written = _written(connection)
    try:
        check_format(connection.location, written["format"], FORMAT)
        return Record(_manifest(written["manifest"]), Collections(written["collections"]), tuple(written["retired"]))
    except (TypeError, KeyError) as error:
        raise _damaged(connection) from error


def roots(connection: Connection) -> list[str]:
    """The paths that the index was made from, whatever its format; raises as `current` does, mismatches apart."""
    try:
        return list(_written(connection)["manifest"]["roots"])
    except (TypeError, KeyError) as error:
        raise _damaged(connection) from error


def next_generation(connection: Connection) -> int:
    """A number above every generation's, those too that cannot be read."""
    rows = connection.query(RECORDS, _GENERATIONS, ["generation"], strong=True)
    return max((int(row["generation"]) for row in rows), default=0) + 1


def put_in_force(connection: Connection, record: Record) -> None:
    """Make a generation the one in force; the records of those before it go."""
    generation = record.manifest.generation
    written = {
        "format": FORMAT,
        "manifest": asdict(record.manifest),
        "collections": record.collections.number,
        "retired": record.retired,
    }
    text = json.dumps(written, ensure_ascii=False)
    texts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
    common = {"generation": generation, "parts": len(texts), "stamp": uuid.uuid4().hex, **NO_VECTOR}
    rows = [{"id": generation * _PARTS + part, "part": part, "text": text, **common} for part, text in enumerate(texts)]
    connection.insert(RECORDS, rows)
    connection.delete(RECORDS, f"{_GENERATIONS} and generation < {generation}")


def _newest(connection: Connection, *fields: str, strong: bool = True) -> list[Row]:
    """The parts of the newest record that is whole, in order; IndexNotFound for none."""
    by_generation: dict[int, list[Row]] = defaultdict(list)
    for row in connection.query(RECORDS, _GENERATIONS, ["generation", "part", "parts", *fields], strong=strong):
        by_generation[int(row["generation"])].append(row)
    whole = [number for number, rows in by_generation.items() if len(rows) == int(rows[0]["parts"])]
    if not whole:
        raise IndexNotFound(connection.location)
    return sorted(by_generation[max(whole)], key=lambda row: int(row["part"]))


def _written(connection: Connection) -> dict[str, Any]:
    """What the generation in force says of itself."""
    try:
        written: dict[str, Any] = json.loads("".join(row["text"] for row in _newest(connection, "text")))
    except ValueError as error:
        raise _damaged(connection) from error
    return written


def _manifest(written: dict[str, Any]) -> Manifest:
    fixed = {"recipe": Recipe(**written["recipe"]), "parts": (), "files": {}}
    return Manifest(**{**written, **fixed, "roots": tuple(written["roots"]), "excluded": tuple(written["excluded"])})


def _damaged(connection: Connection) -> IndexDamaged:
    return IndexDamaged(connection.location, Path(RECORDS), "has a record that cannot be read")
