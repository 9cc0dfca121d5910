"""How long a reader waits, in a real browser: `python -m tests.benchmarks.first_words`.

From pressing Enter to the first words of the answer on the page, on a warm server over the bundled articles.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from corpus.gold import load_gold
from rag import Settings
from rag.library import bundled_index, ready_index
from tests.ui.browsing import ask, launched, opened, serving

_QUESTIONS = 40
_GOLD = Path(__file__).parents[2] / "corpus" / "gold.jsonl"
# Seen by the page itself, so that no time is lost on the way to this program.
_WATCH = """() => {
  let pressed = 0;
  window.waits = [];
  const box = document.querySelector("#question textarea");
  box.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1);
    if (!pressed || !added.some((node) => node.querySelector(".said")?.textContent.trim())) return;
    window.waits.push(performance.now() - pressed);
    pressed = 0;
  }).observe(document.body, { childList: true, subtree: true });
}"""


def main() -> None:
    """Ask, and print the median, the 95th percentile and the longest wait."""
    questions = [gold.question for gold in load_gold(_GOLD) if not gold.history][:_QUESTIONS]
    ready_index(bundled_index(), Settings())
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(bundled_index(), Path(folder), Settings()) as served,
        launched() as profile,
        opened(profile, served.address) as page,
    ):
        ask(page, questions[0])
        page.evaluate(_WATCH)
        waits = sorted(_waits(page, questions))
    print(
        f"{len(waits)} questions, from Enter to the first words: median {statistics.median(waits):.0f} ms, "
        f"p95 {waits[int(0.95 * (len(waits) - 1))]:.0f} ms, longest {waits[-1]:.0f} ms"
    )


def _waits(page: Page, questions: list[str]) -> list[float]:
    """The wait for each question, in milliseconds; each begins a new conversation, as a page is mostly used."""
    for question in questions:
        ask(page, question)
        page.wait_for_timeout(500)
        page.locator("#fresh").click()
        page.locator(".welcome").wait_for()
    waits: list[float] = page.evaluate("window.waits")
    return waits


if __name__ == "__main__":
    main()
