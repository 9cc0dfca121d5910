"""The file behind an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file an article was read from, what its bytes hashed to then, and when that was: ISO 8601, UTC."""

    path: Path
    digest: str
    indexed: str = field(compare=False)
