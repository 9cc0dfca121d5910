"""Where an index may be: in a folder, or in Milvus."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_MILVUS = "milvus+"


@dataclass(frozen=True, slots=True)
class MilvusLocation:
    """A Milvus server (`http://…`), or a file of Milvus Lite."""

    uri: str = field(repr=False)

    def __str__(self) -> str:
        """As it may be shown: without a login."""
        return _MILVUS + re.sub(r"(?<=://).*@", "", self.uri)


Location = Path | MilvusLocation


def absolute(place: Location) -> Location:
    """The same place by a name that holds in every working folder."""
    if isinstance(place, Path):
        return place.resolve()
    return place if "://" in place.uri else MilvusLocation(str(Path(place.uri).expanduser().resolve()))


def location(named: str | Location) -> Location:
    """The place that is meant by a folder's path or by `milvus+URI`."""
    if not isinstance(named, str):
        return named
    return MilvusLocation(named.removeprefix(_MILVUS)) if named.startswith(_MILVUS) else Path(named)
