"""What somebody else's file says reaches a terminal as text."""

from __future__ import annotations

from rag.receipt import Quote, QuoteCheck, Verdict
from ui.checking import as_text


def test_a_receipts_words_give_a_terminal_no_orders() -> None:
    orders = "\x1b]0;title\x07\x1b[2J\x9b1m\u202egnp.exe"
    quote = Quote(1, f"one{orders}", "One", 0, 5, f"Words {orders}", None, "")
    shown = as_text([QuoteCheck(quote, Verdict.GONE, None)])
    assert shown.replace("\n", "").isprintable()
    assert "Words" in shown
