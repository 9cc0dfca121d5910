"""The files of an exported encoder: each is what was exported, by its checksum, or it is exported again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from corpus.errors import ModelError
from index.durable import make_folder, replace

GRAPH, TOKENIZER, DESCRIPTION = "encoder.onnx", "tokenizer.json", "encoder.json"
_PARTIAL = "partial-"
_BLOCK = 1 << 20


def description_in(folder: Path, digest: str) -> Mapping[str, Any] | None:
    """What was written beside an encoder of these weights; None where a file is missing or not what was exported.

    All of it is read for that: the 90 MB of the default model in .03 s.
    """
    try:
        content, _, seal = (folder / DESCRIPTION).read_bytes().rpartition(b"\n")
        if seal != _sealed(content):
            return None
        description: dict[str, Any] = json.loads(content)
        sound = all(_checksum(folder / name) == found for name, found in description["files"].items())
        return description if sound and description["digest"] == digest else None
    except OSError:
        return None


def have_encoder(folder: Path, digest: str, export: Callable[[Path], Mapping[str, Any]]) -> None:
    """Have the encoder of these weights in a folder: one process exports it, and the others wait for that.

    Args:
        export: writes graph and tokenizer into a folder, and gives what describes them.

    Raises:
        ModelError: it cannot be written.
    """
    if description_in(folder, digest):
        return
    from filelock import FileLock

    try:
        make_folder(folder)
        with FileLock(folder.parent / "lock"):
            if not description_in(folder, digest):
                _export_into(folder, export)
    except OSError as error:
        why = error.strerror or error
        raise ModelError(
            f"the model's encoder cannot be kept in {folder} ({why}): make room, or set RAG_HOME"
        ) from error


def _export_into(folder: Path, export: Callable[[Path], Mapping[str, Any]]) -> None:
    """Export, and put file by file in place, last the one that vouches for the others; only under the lock."""
    for left in folder.parent.glob(f"{_PARTIAL}*"):  # by a process that was ended
        shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(dir=folder.parent, prefix=_PARTIAL, ignore_cleanup_errors=True) as place:
        partial = Path(place)
        description = export(partial)
        files = {name: _checksum(partial / name) for name in (GRAPH, TOKENIZER)}
        content = json.dumps({**description, "files": files}).encode()
        (partial / DESCRIPTION).write_bytes(content + b"\n" + _sealed(content))
        for name in (GRAPH, TOKENIZER, DESCRIPTION):
            replace(partial / name, folder / name)


def _sealed(content: bytes) -> bytes:
    import xxhash

    return xxhash.xxh3_64_hexdigest(content).encode()


def _checksum(file: Path) -> str:
    import xxhash

    digest = xxhash.xxh3_64()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
