"""The folder where gradio writes what is uploaded: nobody else's, and rid of what broke off."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder

from corpus.errors import RagError

_VARIABLE = "GRADIO_TEMP_DIR"
# Seconds after which no upload is still on its way.
_LONGEST = 86_400.0


def keep_incoming(folder: Path) -> None:
    """Have gradio write what is uploaded to a folder that only this user can read, where none is named.

    Raises:
        RagError: the folder cannot be made.
    """
    if _VARIABLE in os.environ:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise RagError(f"uploads cannot be taken in {folder}: {error.strerror}") from error
    os.environ[_VARIABLE] = str(folder)


def sweep() -> None:
    """Delete the files of uploads that did not come to their end: gradio names them as `tempfile` does, and forgets."""
    for file in Path(get_upload_folder()).glob("tmp????????"):
        with suppress(OSError):
            if file.stat().st_mtime < time.time() - _LONGEST:
                file.unlink()
