"""What it means that a file of an index cannot be read."""

from __future__ import annotations

from errno import EACCES, EDQUOT, EMFILE, ENFILE, ENOENT, ENOMEM, ENOSPC, EPERM, EROFS, ESTALE
from pathlib import Path

from corpus.errors import IndexDamaged, StoreError

_NO_DAMAGE = {EACCES, EPERM, EMFILE, ENFILE, ENOMEM, ENOSPC, EROFS, EDQUOT, ESTALE}


def unread(folder: Path, file: Path, error: OSError) -> StoreError:
    """IndexDamaged, but where the system refuses: making the index anew would mend nothing then."""
    if error.errno in _NO_DAMAGE:
        return StoreError(folder, f"{file} cannot be read ({error.strerror}): see to that, and try again")
    return IndexDamaged(folder, file, "is missing" if error.errno == ENOENT else f"cannot be read ({error.strerror})")
