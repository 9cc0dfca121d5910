"""The folder where gradio writes what is uploaded: nobody else's, and rid of what broke off."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI
from gradio.utils import get_upload_folder

from corpus.errors import RagError

_VARIABLE = "GRADIO_TEMP_DIR"
# Seconds between two looks, and after which no upload is still on its way.
_EACH, _LONGEST = 3_600.0, 86_400.0


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


@asynccontextmanager
async def sweeping(_: FastAPI) -> AsyncIterator[None]:
    """Delete what broke off of uploads, at the start and each hour."""
    task = asyncio.create_task(_sweep_again_and_again())
    try:
        yield
    finally:
        task.cancel()


async def _sweep_again_and_again() -> None:
    while True:
        await asyncio.to_thread(_sweep)
        await asyncio.sleep(_EACH)


def _sweep() -> None:
    """Delete the files of uploads that did not come to their end: gradio names them as `tempfile` does, and forgets."""
    for file in Path(get_upload_folder()).glob("tmp????????"):
        with suppress(OSError):
            if file.stat().st_mtime < time.time() - _LONGEST:
                file.unlink()
