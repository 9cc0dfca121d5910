"""A real browser, for the tests that look at what a reader sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Watched(NamedTuple):
    """A page in a fresh profile: the addresses it has asked for, and what its scripts have said, by kind."""

    page: Page
    asked: list[str]
    said: list[tuple[str, str]]


@contextmanager
def watched(browser: Browser, size: tuple[int, int]) -> Iterator[Watched]:
    """A page of some width and height, closed at the end; what it did can be looked at even then."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    watched = Watched(context.new_page(), [], [])
    watched.page.on("request", lambda sent: watched.asked.append(sent.url))
    watched.page.on("console", lambda said: watched.said.append((said.type, said.text)))
    watched.page.on("pageerror", lambda error: watched.said.append(("error", str(error))))
    try:
        yield watched
    finally:
        context.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium:
        pytest.skip(f"needs a Chromium: none of {', '.join(CHROMIUM)} was found")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, headless=True, args=list(QUIETLY))
        yield browser
        browser.close()
