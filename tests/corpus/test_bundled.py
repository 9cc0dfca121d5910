"""The articles and the gold questions that come with the project."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BRIEFINGS = sorted((ROOT / "corpus" / "articles").glob("*.md"))
ORIGINALS = ROOT.parent / "shared" / "articles"
GOLD = [json.loads(line) for line in (ROOT / "corpus" / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
# What stands between the first two lines of dashes is the front matter.
PARTS = {path.stem: path.read_text(encoding="utf-8").split("---\n", 2)[1:] for path in BRIEFINGS}
TEXTS = {stem: body for stem, (_, body) in PARTS.items()}


def runs_of_eight(text: str) -> set[str]:
    words = re.sub(r"[^\w\s]", "", text.lower()).split()
    return {" ".join(words[start : start + 8]) for start in range(len(words) - 7)}


def test_there_are_at_least_fourteen_briefings() -> None:
    assert len(BRIEFINGS) >= 14


@pytest.mark.parametrize("stem", PARTS)
def test_a_briefing_says_where_it_comes_from(stem: str) -> None:
    front = yaml.safe_load(PARTS[stem][0])
    assert set(front) == {"title", "date", "topics", "source", "headline"}
    assert all(isinstance(front[key], str) and front[key] for key in ("title", "date", "source", "headline"))
    assert re.fullmatch(r"\d{4}-\d{2}", str(front["date"]))
    assert isinstance(front["topics"], list)
    assert front["topics"]


@pytest.mark.parametrize("stem", TEXTS)
def test_a_briefing_is_250_to_600_words_long(stem: str) -> None:
    assert 250 <= len(TEXTS[stem].split()) <= 600


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="needs the original articles in ../shared/articles")
@pytest.mark.parametrize("stem", TEXTS)
def test_a_briefing_shares_no_run_of_eight_words_with_an_original(stem: str) -> None:
    originals = sorted(ORIGINALS.glob("*.txt"))
    assert originals
    for original in originals:
        assert not runs_of_eight(TEXTS[stem]) & runs_of_eight(original.read_text(encoding="utf-8"))


def test_gold_ids_are_unique() -> None:
    assert len({question["id"] for question in GOLD}) == len(GOLD)


def test_gold_covers_every_kind_of_question() -> None:
    kinds = Counter(question["kind"] for question in GOLD)
    assert len(GOLD) >= 64
    assert set(kinds) == {"why", "who", "what", "fact", "compare", "follow-up", "unanswerable"}
    assert kinds["unanswerable"] >= 16
    assert kinds["follow-up"] >= 8
    assert kinds["compare"] >= 6


def test_gold_asks_why_russia_backed_india() -> None:
    asked = [question for question in GOLD if question["question"] == "why did Russia back India's membership?"]
    assert len(asked) == 1
    assert "China's dominance" in asked[0]["answers"]


def test_every_gold_quote_stands_verbatim_in_its_article() -> None:
    for question in GOLD:
        for evidence in question["evidence"]:
            assert evidence["quote"] in TEXTS[evidence["article"]], question["id"]


def test_every_gold_answer_stands_in_one_of_its_quotes() -> None:
    for question in GOLD:
        quotes = [evidence["quote"].lower() for evidence in question["evidence"]]
        for answer in question["answers"]:
            assert any(answer.lower() in quote for quote in quotes), (question["id"], answer)


def test_only_unanswerable_questions_lack_answers() -> None:
    for question in GOLD:
        assert question["unanswerable"] == (question["kind"] == "unanswerable"), question["id"]
        assert bool(question["answers"]) == (not question["unanswerable"]), question["id"]
        assert bool(question["evidence"]) == (not question["unanswerable"]), question["id"]


def test_a_follow_up_has_a_history() -> None:
    assert all(question["history"] for question in GOLD if question["kind"] == "follow-up")


def test_a_comparison_draws_on_two_articles() -> None:
    for question in GOLD:
        if question["kind"] == "compare":
            assert len({evidence["article"] for evidence in question["evidence"]}) >= 2, question["id"]
