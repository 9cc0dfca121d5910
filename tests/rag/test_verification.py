"""A claim is held to the passages that it cites, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.build import build
from index.query import Found, Hit
from index.store import store_at
from rag.question import Question
from rag.reading import Reading, read
from rag.verification import Checked, Verifier
from rag.verification.discrepancy import contradicts

SUPPORTED, UNSUPPORTED = 0.6, 0.3


class Articles:
    """An index, and what is found in it when nothing but an article is asked for."""

    def __init__(self, folder: Path) -> None:
        self.index = store_at(folder).open()
        self.verifier = Verifier(self.index)

    def reading(self, *articles: str) -> list[Reading]:
        question = Question.understand("What is the SCO?", "", self.index)
        hits = [Hit(at, passage, 1.0, 0.0, 0.0) for name in articles for at, passage in self.index.passages_of(name)]
        analyses = self.index.analyses([hit.id for hit in hits])
        return [read(question, Found(hit, known)) for hit, known in zip(hits, analyses, strict=True)]

    def check(self, claim: str, *articles: str) -> Checked:
        return self.verifier.check(claim, self.reading(*articles))


@pytest.fixture(scope="module")
def bundled(bundled_index: Path) -> Articles:
    return Articles(bundled_index)


MEMBERSHIP = ("india-pakistan-membership", "astana-summit", "sco-members")


def test_a_sentence_of_the_passages_is_supported_by_itself(bundled: Articles) -> None:
    for reading in bundled.reading(*MEMBERSHIP):
        for sentence in reading.sentences:
            checked = bundled.verifier.check(sentence, [reading])
            assert checked.score > 0.9, sentence
            assert checked.evidence[0].text == sentence


@pytest.mark.parametrize(
    "claim",
    [
        "Because its entry balanced the dominance of China, India's membership was backed by Russia.",
        "In 2017 both India and Pakistan became members of the SCO.",
        "China supported the membership of Pakistan.",
        "The Shanghai Cooperation Organization has had 10 members since July of 2024.",
        "Narendra Modi, India's prime minister, skipped the summit in Astana.",
        "Iran joined in 2023, and Belarus followed in 2024.",
        "It follows a policy of neutrality, so Turkmenistan has not joined.",
        "According to The Diplomat, Russia supported India's accession in order to counterbalance China, politically "
        "and economically.",
        "Yes, Russia supported India.",
        "In short, the article says that Iran joined in 2023.",
    ],
)
def test_what_is_said_in_other_words_is_supported(bundled: Articles, claim: str) -> None:
    assert bundled.check(claim, *MEMBERSHIP).score >= SUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "India and Pakistan both joined the SCO in 2018.",
        "India and Bangladesh both joined the SCO in 2017.",
        "Bulgaria supported Pakistan's membership.",
        "The SCO has had twelve members since July 2024.",
        "The SCO has had ten members since June 2024.",
        "Russia did not back India's membership of the SCO.",
        "China treated India as an equal.",
        "Turkmenistan has joined.",
        "China opposed Pakistan's membership.",
        "China backed India's membership of the SCO because India's entry balanced Russia's dominance.",
        "Goods travel by rail from Chongqing to Duisburg.",
        "Iran joined in 2024, and Belarus followed in 2023.",
        "Yes, Russia opposed India.",
        "According to Reuters, Russia backed India's membership.",
        "Uzbekistan and Kyrgyzstan have never joined the SCO.",
        "Belarus left the SCO.",
        "Narendra Modi attended the Astana summit.",
    ],
)
def test_a_claim_with_something_else_or_the_contrary_is_not_supported(bundled: Articles, claim: str) -> None:
    assert bundled.check(claim, *MEMBERSHIP).score < UNSUPPORTED


def test_a_claim_made_of_two_sentences_has_both_as_evidence(bundled: Articles) -> None:
    claim = "Moscow and New Delhi are close, but India has openly protested that the Belt and Road lacks transparency."
    checked = bundled.check(claim, "india-pakistan-membership")
    assert checked.score >= SUPPORTED
    assert [item.text.split()[0] for item in checked.evidence] == ["India", "Moscow"]


def test_a_claim_that_one_sentence_says_has_that_alone(bundled: Articles) -> None:
    assert len(bundled.check("India and Pakistan both joined the SCO in 2017.", *MEMBERSHIP).evidence) == 1


def test_a_pronoun_is_resolved_by_the_sentence_before(tmp_path: Path) -> None:
    text = "Maria Lopez founded the museum of Arlen. She sold 340 paintings to it in 1987. The roof was mended later."
    articles = Articles(_indexed(tmp_path, f"---\ntitle: Arlen\n---\n\n{text}"))
    checked = articles.check("Maria Lopez sold 340 paintings to the museum in 1987.", "article")
    assert checked.score >= SUPPORTED
    assert len(checked.evidence) == 2
    assert articles.check("Carla Lopez sold 340 paintings to the museum in 1987.", "article").score < UNSUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "The clock tower of Arlen was painted by Voss in 1921.",
        "According to The Gazette, the council paid Voss 500 pounds.",
        "The council paid Voss 500 pounds, according to Mary Quill.",
        "Kell Barrow and Mary Quill write that the council paid Voss 500 pounds.",
    ],
)
def test_what_stands_above_an_article_tells_what_it_is_about_and_whom_it_is_from(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score >= SUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "The tower was built on 4 May 2021.",
        "The clock of the tower was repaired in 1931.",
        "The tower was built by Kell Barrow and Mary Quill.",
        "The Gazette painted the tower in 1921.",
        "According to Mary Quill the tower was painted by Kell Barrow in 1921.",
        "According to The Courier, the council paid Voss 500 pounds.",
    ],
)
def test_what_stands_above_an_article_proves_nothing_that_happened(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score < UNSUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "Henrik Voss built the tower.",
        "The council voted 9 to 4 against the sale.",
        "The council opposed the sale of the tower in 1962.",
    ],
)
def test_what_is_said_in_a_word_that_means_the_same_is_supported(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score >= SUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "Henrik Voss demolished the clock tower of Arlen.",
        "The council voted 9 to 4 for the sale of the tower.",
        "The council supported the sale of the tower in 1962.",
        "The tower may open next winter.",
    ],
)
def test_the_opposite_word_is_not_supported(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score < UNSUPPORTED


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Norway left the union.", "Norway joined the union."),
        ("The minister skipped the talks.", "The minister took part in the talks."),
        ("The hall closed in 1935.", "The hall opened in 1935."),
        ("It has fewer than 300 members.", "It has more than 300 members."),
        ("The senate rejected the plan.", "The senate approved the plan."),
        ("The town sold the mill.", "The town purchased the mill."),
        ("They lost the match.", "They won the match."),
    ],
)
def test_a_word_and_its_opposite_are_contrary(claim: str, text: str) -> None:
    assert contradicts(claim, text)
    assert contradicts(text, claim)
    assert not contradicts(text, text)


@pytest.mark.parametrize(
    "claim",
    [
        "The tower may close next winter.",
        "The tower could close next winter because of its worn stairs.",
        "About 40,000 people visit the tower every year.",
        "40,000 people visit the tower every year.",
    ],
)
def test_a_claim_as_sure_as_its_article_is_supported(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score >= SUPPORTED


@pytest.mark.parametrize(
    "claim", ["The tower has closed.", "The tower closed last winter.", "Exactly 40,000 people visit the tower."]
)
def test_a_claim_that_is_surer_than_its_article_is_not_supported(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score < UNSUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "russia backed india because india's entry balanced china's dominance, both politically and economically",
        "RUSSIA BACKED INDIA BECAUSE INDIA'S ENTRY BALANCED CHINA'S DOMINANCE.",
        "india and pakistan both joined the sco in 2017.",
    ],
)
def test_names_are_known_without_their_capitals(bundled: Articles, claim: str) -> None:
    assert bundled.check(claim, *MEMBERSHIP).score >= SUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "russia backed india because japan's entry balanced china's dominance, both politically and economically",
        "NAPOLEON BONAPARTE BACKED INDIA'S MEMBERSHIP BECAUSE INDIA'S ENTRY BALANCED CHINA'S DOMINANCE.",
        "napoleon backed india's membership because india's entry balanced china's dominance.",
    ],
)
def test_names_without_their_capitals_are_not_let_pass(bundled: Articles, claim: str) -> None:
    assert bundled.check(claim, *MEMBERSHIP).score < UNSUPPORTED


def test_figures_that_belong_to_others_are_not_supported(tmp_path: Path) -> None:
    text = "The mill at Arlen employed 56 weavers, and the mill at Bexley employed 340 carpenters."
    articles = Articles(_indexed(tmp_path, text))
    assert articles.check("The mill at Arlen employed 56 weavers.", "article").score >= SUPPORTED
    assert articles.check("The mill at Arlen employed 340 weavers.", "article").score < UNSUPPORTED


TOWER = """---
title: The clock tower of Arlen
author: Kell Barrow and Mary Quill
date: 2021-05-04
source: The Gazette of 1931
---

Henrik Voss built the clock tower of Arlen from 1881 to 1884. The tower is 43 metres high and weighs 1,200 tonnes.

The council paid Voss 500 pounds. Voss painted the tower in 1921, and Tom Gray repaired its clock in 1935.

In 1962 the council voted 9 to 4 against the sale of the tower. About 40,000 people visit it every year.

The tower may close next winter, as the stairs are worn.
"""


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Articles:
    return Articles(_indexed(tmp_path_factory.mktemp("tower"), TOWER))


@pytest.mark.parametrize(
    "claim",
    [
        "The council paid Voss 500 pounds.",
        "Voss was paid £500 by the council.",
        "The clock tower is 43 metres high and weighs 1,200 tonnes.",
    ],
)
def test_a_number_is_supported_in_its_own_unit(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score >= SUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "The council paid Voss 500 euros.",
        "The tower is 43 feet high.",
        "The tower is 43 kilometres high.",
        "The tower weighs 1,200 kilograms.",
    ],
)
def test_a_number_in_another_unit_is_not_supported(tower: Articles, claim: str) -> None:
    assert tower.check(claim, "article").score < UNSUPPORTED


@pytest.mark.parametrize(
    "claim",
    [
        "",
        "Yes",
        "😀🇮🇳",
        "…?!",
        "2017",
        "for x in range(10): print(f'{x}')",
        "Индия вступила в ШОС в 2017 году.",
        "印度于2017年加入上海合作组织。",
        "Indien und Pakistan traten 2017 der Organisation bei.",
        "INDIA JOINED THE SCO",
        "word " * 600,
        "\ud800 \x00",
    ],
)
def test_any_text_at_all_gets_a_score_and_evidence(bundled: Articles, claim: str) -> None:
    checked = bundled.check(claim, *MEMBERSHIP)
    assert 0 <= checked.score <= 1
    assert 1 <= len(checked.evidence) <= 3


def test_without_passages_there_is_no_support(bundled: Articles) -> None:
    assert bundled.verifier.check("India joined.", []) == Checked(0.0, ())


def _indexed(folder: Path, text: str) -> Path:
    (folder / "articles").mkdir()
    (folder / "articles" / "article.md").write_text(text, "utf-8")
    build([folder / "articles"], folder / "index")
    return folder / "index"
