"""Articles that contradict each other are both heard, and the answer says so; those that agree are not bothered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.build import build
from index.store import store_at
from rag.agreement.disagreement import DISAGREE
from rag.answer import Answer
from rag.chatbot import Chatbot
from rag.settings import Settings

ASKED = "How many lighthouses stand on the coast of Veldmark?"
NINE = "Nine lighthouses stand on the coast of Veldmark."
TWELVE = "The coast of Veldmark has 12 lighthouses, which stand from north to south."

Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks a question of articles, each given as its text, with front matter before it perhaps."""

    def answer(question: str, *texts: str, max_quotes: int = 5) -> Answer:
        folder = tmp_path / "articles"
        folder.mkdir(exist_ok=True)
        for number, text in enumerate(texts):
            (folder / f"{number:08x}.md").write_text(text, "utf-8")
        build([folder], tmp_path / "index")
        chatbot = Chatbot(store_at(tmp_path / "index").open(), Settings(max_quotes=max_quotes, threshold=0))
        return chatbot.ask(question)

    return answer


@pytest.mark.parametrize(
    ("question", "one", "other", "values"),
    [
        (ASKED, NINE, TWELVE, ["Nine", "12"]),
        (
            "When was the town hall of Veldmark opened?",
            "The town hall of Veldmark was opened on 4 May 1911.",
            "In June 1923 the town hall of Veldmark was opened.",
            ["4 May 1911", "June 1923"],
        ),
        (
            "Who designed the town hall of Veldmark?",
            "The town hall of Veldmark was designed by Clara Lund.",
            "The architect Peter Hamm designed the town hall of Veldmark.",
            ["Clara Lund", "Peter Hamm"],
        ),
    ],
)
def test_two_values_for_one_thing_are_both_told(
    ask: Ask, question: str, one: str, other: str, values: list[str]
) -> None:
    answer = ask(question, one, other)
    told, *quoted = answer.sentences
    assert told.text.startswith(DISAGREE)
    assert all(value in told.text for value in values)
    assert set(told.citations) == {1, 2}
    assert {sentence.text for sentence in quoted} == {one, other}
    assert {citation.quote for citation in answer.citations} == {one, other}


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        pytest.param(ASKED, [NINE, "The coast of Veldmark, where 9 lighthouses stand, is long."], id="the same value"),
        pytest.param(ASKED, [f"{NINE} {TWELVE}"], id="one article"),
        pytest.param(
            ASKED,
            [
                "In 2017 nine lighthouses stood on the coast of Veldmark.",
                "In 2018 twelve lighthouses stood on the coast of Veldmark.",
            ],
            id="other years",
        ),
        pytest.param(
            ASKED,
            [f"---\nauthor: Ann Lee\n---\n{NINE}", f"---\nauthor: Ann Lee\n---\n{TWELVE}"],
            id="one author",
        ),
        pytest.param(
            ASKED, [NINE, "About ten lighthouses stand on the coast of Veldmark, it is thought."], id="a rough value"
        ),
        pytest.param(
            ASKED, [NINE, "On the coast of Veldmark stand 30 mills, besides its lighthouses."], id="other things"
        ),
        pytest.param(ASKED, [NINE, "On the coast of Sonderholm there are 12 lighthouses."], id="another place"),
        pytest.param(
            "Which towns have a lighthouse in Veldmark?",
            ["The town of Ost has a lighthouse in Veldmark.", "The town of Brill has a lighthouse in Veldmark."],
            id="several are asked for",
        ),
        pytest.param(
            "Who designed the town hall of Veldmark?",
            [
                "The town hall of Veldmark was designed by Clara Lund.",
                "The town hall of Veldmark was not designed by Peter Hamm.",
            ],
            id="a denial",
        ),
        pytest.param(
            "When was the town hall of Veldmark opened?",
            [
                "The town hall of Veldmark was opened in 1911.",
                "The town hall of Veldmark was opened on 4 May 1911.",
            ],
            id="more exactly",
        ),
    ],
)
def test_no_disagreement_is_made_up(ask: Ask, question: str, texts: list[str]) -> None:
    answer = ask(question, *texts)
    assert answer.sentences
    assert DISAGREE not in answer.text


def test_what_more_articles_say_in_their_own_words_comes_first_and_copies_are_one_voice(ask: Ask) -> None:
    copies = [f"{TWELVE[:-1]}{end}" for end in (".", ", as is known.", ", it is said.")]
    own_words = "Sailors are guided home at night by the nine lighthouses that stand on the coast of Veldmark."
    told = ask(ASKED, *copies, NINE, own_words).sentences[0]
    assert told.text.startswith(DISAGREE)
    assert told.text.lower().endswith("nine or 12.")


def test_repetition_does_not_take_all_the_room(ask: Ask) -> None:
    openings = ["Today", "Now", "Clearly", "Indeed", "Surely"]
    repeated = [f"{word} the main industry of the island of Veldmark is fishing." for word in openings]
    own_words = "On Veldmark, an island of the north, the main work of the people is mining."
    question = "What is the main industry of the island of Veldmark?"
    assert own_words in ask(question, *repeated, own_words, max_quotes=2).text


def test_one_quote_cannot_show_two_sides(ask: Ask) -> None:
    answer = ask(ASKED, NINE, TWELVE, max_quotes=1)
    assert len(answer.sentences) == 1
    assert DISAGREE not in answer.text
