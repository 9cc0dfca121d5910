"""The pictures in the README, taken anew: `python -m tests.ui.screenshots`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from rag import Settings
from rag.library import bundled_index, ready_index
from tests.ui.browsing import LAPTOP, ask, launched, opened, serving

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "ui" / "screenshots"
_NEWS = "The harbour clock\n\nThe clock was stopped in 1953 because its bell woke the hospital.\n"
# Enough to show the page's colours, at a quarter of the bytes.
_COLOURS = 64


def main() -> None:
    """Show each page as it is used, on a laptop, and keep what is seen."""
    ready_index(bundled_index(), Settings())
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(bundled_index(), Path(folder), Settings()) as served,
        launched() as profile,
        opened(profile, served.address, LAPTOP) as page,
    ):
        _chat(page)
        _library(page, Path(folder))
        _evaluation(page)


def _chat(page: Page) -> None:
    ask(page, "What is the Shanghai Spirit?")
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    ask(page, "Why did Russia back India's membership?")
    page.locator("#live .example").first.wait_for()
    page.locator(".cite").first.click()
    page.locator("mark.focus").wait_for()
    _keep(page, "chat")


def _library(page: Page, folder: Path) -> None:
    page.get_by_role("tab", name="Library").click()
    files = [folder / "clocks.txt", folder / "empty.txt"]
    for file, text in zip(files, (_NEWS, ""), strict=True):
        file.write_text(text, "utf-8")
    page.locator("#drop input[type=file]").set_input_files(files)
    page.get_by_text("added").first.wait_for(timeout=120_000)
    _keep(page, "library")


def _evaluation(page: Page) -> None:
    page.get_by_role("tab", name="Evaluation").click()
    page.locator("#gold-file input[type=file]").set_input_files(_ROOT / "corpus" / "gold.jsonl")
    page.get_by_label("gold.jsonl (").check()
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#run-frame iframe").wait_for(timeout=300_000)
    page.wait_for_timeout(1_500)
    _keep(page, "evaluation")


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    _FOLDER.mkdir(exist_ok=True)
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(_FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
