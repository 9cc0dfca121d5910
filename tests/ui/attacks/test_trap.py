"""What must be noticed is noticed, and the policy stops it where escaping would not; nothing else is served as ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.ui.attacks.trap import trap
from tests.ui.browsing import ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from ui.serving.server import Served

_INJECTED = {
    "a handler": "<img src='/favicon.ico' onload='alert(1)'>",
    "a request": "<img src='http://elsewhere.invalid/x'>",
    "an address": "<a href='javascript:alert(1)'>x</a>",
    "an element": "<marquee>x</marquee>",
    "a style": "<p style='position:fixed'>x</p>",
    "a frame": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "a form": "<form action='/x'><input name=value></form>",
}


@pytest.mark.browser
@pytest.mark.parametrize("injected", _INJECTED)
def test_what_is_injected_is_noticed(browser: Browser, injected: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><div id=held></div>", "utf-8")
    with trap(browser, tmp_path.as_uri()) as trapped:
        trapped.page.goto((tmp_path / "page.html").as_uri())
        trapped.untouched("#held")
        trapped.page.evaluate("(html) => { held.innerHTML = html; }", _INJECTED[injected])
        with pytest.raises(AssertionError):
            trapped.untouched("#held")


@pytest.mark.browser
def test_a_script_that_runs_is_noticed(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><p id=held>x</p><script>alert(1)</script>", "utf-8")
    with trap(browser, tmp_path.as_uri()) as trapped:
        trapped.page.goto((tmp_path / "page.html").as_uri())
        with pytest.raises(AssertionError, match=r"alert\(1\)"):
            trapped.untouched("#held")


@pytest.mark.browser
def test_the_policy_lets_the_page_work_and_nothing_else_run_or_be_asked_for(browser: Browser, served: Served) -> None:
    with trap(browser, served.address, policy=True) as trapped:
        page = trapped.page
        page.goto(served.address)
        page.locator(".conversation").wait_for()
        ask(page, "When was the SCO founded?")
        page.locator(".cite").first.click()
        page.locator("#evidence mark.focus").wait_for()
        trapped.untouched("#conversation .conversation", "#evidence .evidence", "#history .history")
        for html in _INJECTED.values():
            page.evaluate(
                "(html) => document.querySelector('#conversation .said').insertAdjacentHTML('beforeend', html)", html
            )
        page.evaluate("document.querySelector('a[href^=javascript]').click()")
        page.evaluate("document.head.append(Object.assign(document.createElement('script'), { text: 'alert(1)' }))")
        page.wait_for_function("() => window.__ran.length >= 4")
        ran = page.evaluate("() => window.__ran")
        # What was prevented is told, and nothing was called.
        assert all(told.startswith(("script-src", "img-src", "form-action", "frame-src")) for told in ran), ran


@pytest.mark.parametrize(
    "path",
    ["/", "/theme.css", "/judged.jsonl", "/conversations/x.html", "/v1/models", "/gradio_api/info", "/nothing-here"],
)
def test_whatever_is_served_has_a_policy_and_keeps_its_type(served: Served, path: str) -> None:
    headers = httpx.get(served.address + path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.replace("style-src 'unsafe-inline'", "").replace(
        "style-src 'self' 'unsafe-inline'", ""
    )
    assert "base-uri" in policy
    assert "frame-ancestors" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "picture.png", "page.xhtml"])
def test_a_file_that_was_uploaded_is_served_to_nobody(served: Served, name: str) -> None:
    content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    (place,) = httpx.post(f"{served.address}/gradio_api/upload", files={"files": (name, content)}).json()
    for path in (f"/gradio_api/file={place}", f"/gradio_api/file/{place}", f"/gradio_api/file%3D{place}"):
        reply = httpx.get(served.address + path)
        assert reply.status_code == 404
        assert content not in reply.content


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.org/page.html",
        "/gradio_api/file=http://127.0.0.1:1/x.png",
        "/gradio_api/proxy=https://example.org/page.html",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/dev/reload",
    ],
)
def test_no_page_of_another_site_and_no_filled_in_page_comes_from_here(served: Served, path: str) -> None:
    assert httpx.get(served.address + path).status_code == 404
