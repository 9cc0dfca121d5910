"""All pages alike: nobody is shut out, nothing sticks out, and nothing comes from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.ui.browsing import turn_to

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe_and_fits_its_width(any_page: Page, scheme: Literal["light", "dark"]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    any_page.emulate_media(color_scheme=scheme)
    for name, ready in (("Chat", ".example"), ("Library", ".library .opens"), ("Evaluation", ".nothing")):
        turn_to(any_page, name)
        any_page.locator(ready).first.wait_for()
        found = axe.run(any_page).response["violations"]
        assert [f"{name}: {item['id']}: {item['nodes'][0]['html']}" for item in found] == []
        assert any_page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
