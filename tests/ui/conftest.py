"""The site in a real browser, for the tests that look at what a reader sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.settings import Settings
from tests.ui.browsing import CHROMIUM, LAPTOP, PHONE, chromium, launched, opened, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from ui.serving.server import Served


@pytest.fixture(scope="session")
def profile() -> Iterator[BrowserContext]:
    """A Chromium without a window; the test is skipped where there is none."""
    pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    if not chromium():
        pytest.skip(f"needs a Chromium: none of {', '.join(CHROMIUM)} was found")
    with launched() as profile:
        yield profile


@pytest.fixture(scope="session")
def browser(profile: BrowserContext) -> Browser:
    """The same, for pages with a fresh profile of their own."""
    assert profile.browser
    return profile.browser


@pytest.fixture(scope="module")
def own_index(bundled_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the bundled articles for one module, whatever is done to it."""
    return Path(shutil.copytree(bundled_index, tmp_path_factory.mktemp("own") / "index"))


@pytest.fixture(scope="module")
def served(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site over the bundled articles."""
    with serving(own_index, tmp_path_factory.mktemp("served"), Settings()) as served:
        yield served


@pytest.fixture
def page(profile: BrowserContext, served: Served) -> Iterator[Page]:
    """The page as it is on a laptop."""
    with opened(profile, served.address) as page:
        yield page


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def any_page(request: pytest.FixtureRequest, profile: BrowserContext, served: Served) -> Iterator[Page]:
    """The page on a laptop and on a phone, for what is laid out differently there."""
    with opened(profile, served.address, request.param) as page:
        yield page
