"""Rendering: nothing of an article becomes markup, and marks stand at exact characters."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from corpus.article import Article, Passage
from index.query import Hit
from rag.answer import REFUSAL, Answer, Citation, ModelUse, Sentence, ShortAnswer
from ui.conversations import Conversation, Exchange, Verdict
from ui.render.article import evidence, marked, no_evidence
from ui.render.conversation import conversation, pending, suggestions, welcome
from ui.render.history import history
from ui.render.text import written_date
from ui.render.work import fallback, model_line, work_line

HOSTILE = "<script>alert('x')</script> & \"<img src=x onerror=alert(1)>\""


def plain(html: str) -> str:
    """What a browser makes of the text of a piece of HTML."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def marks(html: str, name: str) -> list[str]:
    return [plain(found) for found in re.findall(rf'<mark class="{name}">(.*?)</mark>', html, re.DOTALL)]


def hit(text: str = "A passage.", article_id: str = "one", start: int = 0) -> Hit:
    passage = Passage(article_id, 0, start, start + len(text), text, ((start, start + len(text)),))
    return Hit(0, passage, 1.0, 1.0, 1.0)


def answered(quote: str = "Cats sleep.", *, title: str = "Cats", article_id: str = "one") -> Answer:
    citation = Citation(1, article_id, title, 10, 10 + len(quote), quote)
    return Answer(
        question="What do cats do?",
        standalone="What do cats do?",
        text=quote,
        sentences=(Sentence(quote, (1,), 1.0),),
        citations=(citation,),
        withheld=(),
        evidence=(citation,),
        abstained=False,
        confidence=0.93,
        hits=(hit(), hit(article_id="two"), hit(article_id="two")),
        answered_by="extractive",
        timings={"total": 8.6},
    )


def written(use: ModelUse, *sentences: Sentence) -> Answer:
    """The answer as a language model would have written it, in these sentences if there are any."""
    answer = answered()
    return replace(answer, sentences=sentences or answer.sentences, answered_by="writer", model=use)


def refused(*hits: Hit) -> Answer:
    return Answer("Why?", "Why?", REFUSAL, (), (), (), (), True, 0.02, hits, "extractive", {"total": 9.0})


def shown(reply: Answer | str, question: str = "What do cats do?", verdict: Verdict | None = None) -> str:
    return conversation([Exchange("x1", question, reply, verdict)], name="c1")


def test_the_short_answer_is_bold_where_it_stands_in_the_quote() -> None:
    quote = "In May  the mill burned;\nin May <it> was built again."
    answer = replace(answered(quote), sentences=(Sentence(" ".join(quote.split()), (1,), 1.0),))
    html = shown(
        replace(answer, short=ShortAnswer("one", 10 + quote.rindex("May"), 10 + quote.index("<it>") + 4, "May <it>"))
    )
    assert "In May the mill burned; in <strong>May &lt;it&gt;</strong> was built again." in html
    assert "<strong>" not in shown(answer)
    assert "<strong>" not in shown(replace(answer, short=ShortAnswer("two", 13, 16, "May")))


def test_a_sentence_that_says_it_otherwise_has_nothing_in_bold() -> None:
    short = ShortAnswer("one", 10, 14, "Cats")
    answer = replace(answered(), sentences=(Sentence("They are asleep.", (1,), 0.9),), short=short)
    assert "<strong>" not in shown(answer)


def test_a_range_is_marked_at_its_exact_characters() -> None:
    text = "One. Two & three. Four."
    html = marked(text, (5, 17))
    assert marks(html, "focus") == ["Two & three."]
    assert plain(html) == text


def test_other_ranges_are_marked_faintly_and_the_focus_wins_where_they_overlap() -> None:
    text = "abcdefghij"
    html = marked(text, (3, 6), [(0, 2), (5, 8), (3, 4)])
    assert marks(html, "focus") == ["def"]
    assert marks(html, "faint") == ["ab", "gh"]
    assert plain(html) == text


def test_adjacent_and_overlapping_faint_ranges_are_one_mark_and_touch_the_focus_without_merging() -> None:
    html = marked("abcdefghij", (6, 8), [(0, 3), (3, 4), (2, 6), (8, 10)])
    assert marks(html, "faint") == ["abcdef", "ij"]
    assert marks(html, "focus") == ["gh"]


def test_a_mark_that_crosses_a_paragraph_goes_on_in_the_next() -> None:
    text = "First one.\n\nSecond one."
    html = marked(text, (6, 18))
    assert marks(html, "focus") == ["one.", "Second"]
    assert html.count("<p") == 2
    assert plain(html) == text


@pytest.mark.parametrize(
    ("stressed", "bold"),
    [("first one", ["first one"]), ("Not. The", ["The"]), ("one.\n\nThe", ["one.", "The"]), ("second", [])],
)
def test_what_is_stressed_is_bold_where_it_is_in_focus(stressed: str, bold: list[str]) -> None:
    text = "Not. The first one.\n\nThe second."
    start = text.index(stressed)
    html = marked(text, (5, text.index(" second")), [(0, 4), (25, 31)], (start, start + len(stressed)))
    assert re.findall(r"<strong>(.*?)</strong>", html) == bold
    assert plain(html) == text


@pytest.mark.parametrize("focus", [(-5, 3), (8, 99), (50, 60), (7, 2), (0, 0)])
def test_ranges_that_lie_outside_the_text_lose_none_of_it(focus: tuple[int, int]) -> None:
    text = "A <b>text</b>\nof lines."
    assert plain(marked(text, focus, [focus])) == text


def test_lines_are_paragraphs_where_there_is_no_blank_line_and_stay_lines_where_there_is() -> None:
    assert marked("One.\nTwo.\nThree.", (0, 0)).count("<p") == 3
    assert marked("One,\ntwo.\n\nThree.", (0, 0)).count("<p") == 2


def test_an_article_is_escaped_wherever_it_appears() -> None:
    article = Article(
        'id"><b>', HOSTILE, HOSTILE, source=HOSTILE, author=HOSTILE, published=HOSTILE, url='http://x/"><script>'
    )
    html = evidence(article, (0, len(HOSTILE)))
    assert "<script" not in html
    assert "<img" not in html
    assert marks(html, "focus") == [HOSTILE]


def test_questions_answers_titles_and_names_are_escaped() -> None:
    answer = answered(HOSTILE, title=HOSTILE, article_id=HOSTILE)
    disliked = Verdict(liked=False, reason="not helpful", correction=HOSTILE)
    for html in (
        shown(answer, HOSTILE, disliked),
        shown(refused(hit(HOSTILE, HOSTILE)), HOSTILE),
        shown(HOSTILE),
        shown(replace(answer, standalone=HOSTILE, model=ModelUse(HOSTILE, HOSTILE))),
        shown(replace(written(ModelUse(HOSTILE), Sentence(HOSTILE, (), 0.1)), answered_by=HOSTILE)),
        pending(HOSTILE, HOSTILE, conversation=HOSTILE),
        welcome(1, [HOSTILE], name=HOSTILE),
        suggestions([HOSTILE], conversation=HOSTILE),
        history([Conversation(HOSTILE, HOSTILE, "2026")], "c1"),
        no_evidence(HOSTILE, HOSTILE),
        evidence(Article("one", "Title", "Text."), None, note=HOSTILE),
    ):
        assert "<script" not in html
        assert "<img" not in html
        assert 'onerror=alert(1)>"' not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " javascript:x"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert "<a " not in evidence(Article("one", "Title", "Text.", url=url), (0, 4))


def test_an_article_says_where_it_comes_from() -> None:
    article = Article(
        "one", "Cats", "Cats sleep.", source="The Paper", published="2024-07", url="https://example.org/cats?a=1&b=2"
    )
    html = evidence(article, (0, 4))
    assert "The Paper · July 2024 · " in html
    assert 'href="https://example.org/cats?a=1&amp;b=2"' in html


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("2024", "2024"),
        ("2024-07", "July 2024"),
        ("2024-08-05", "5 August 2024"),
        ("spring", "spring"),
        ("2024-13", "2024-13"),
    ],
)
def test_dates_are_as_precise_as_they_are_known(published: str, words: str) -> None:
    assert written_date(published) == words


def test_a_citation_names_itself_and_carries_its_quote_and_title() -> None:
    html = shown(answered("Cats  sleep."))
    assert 'data-exchange="x1"' in html
    assert 'data-quote="cite-1" data-words="Cats sleep." data-title="Cats"' in html
    assert ">[1]</button>" in html


def test_an_answer_says_how_sure_it_is_and_what_was_done() -> None:
    html = shown(answered())
    assert "High confidence" in html
    assert 'aria-valuenow="93"' in html
    assert "3 passages from 2 articles, 9 ms" in html
    assert "refusal" not in html


def test_what_is_supported_weakly_or_not_looks_different_and_says_so() -> None:
    sentences = (Sentence("One.", (1,), 0.9), Sentence("Two.", (1,), 0.4), Sentence("Three.", (), 0.1))
    html = shown(written(ModelUse("writer"), *sentences))
    assert plain(html).count("supported") == 2
    said = html[html.index('<p class="said">') :]
    assert said.startswith('<p class="said">One. <button')
    assert '<span class="weak">Two.</span> <button' in said
    assert '</button> <span class="doubt">(weakly supported)</span>' in said
    assert '<span class="unsupported">Three.</span> <span class="doubt">(not supported)</span></p>' in said


def test_an_answer_without_citations_lists_no_articles() -> None:
    bare = replace(written(ModelUse("writer"), Sentence("Three.", (), 0.1)), citations=())
    assert 'class="sources"' not in shown(bare)


@pytest.mark.parametrize(
    ("use", "line"),
    [
        (ModelUse("writer"), "written by writer"),
        (ModelUse("writer", prompt_tokens=1200, completion_tokens=40), "written by writer, 1,240 tokens"),
        (ModelUse("writer", sentences=3, weak=2), "written by writer"),
        (ModelUse("writer", sentences=3, unsupported=1, replaced=1), "written by writer, 1 of 3 sentences replaced"),
        (
            ModelUse("writer", sentences=3, unsupported=2, replaced=1, dropped=1, unknown_citations=2),
            "written by writer, 1 of 3 sentences replaced, 1 dropped, 2 citations of unknown passages",
        ),
        (
            ModelUse("writer", sentences=2, unsupported=1, dropped=1, unknown_citations=1),
            "written by writer, 1 of 2 sentences dropped, 1 citation of an unknown passage",
        ),
        (ModelUse("writer", "it is down", prompt_tokens=12), ""),
    ],
)
def test_an_answer_says_what_a_model_did(use: ModelUse, line: str) -> None:
    answer = written(use)
    assert model_line(answer) == line
    assert line in shown(answer)


def test_a_model_that_only_completed_the_question_or_found_nothing_is_said_to_be_asked() -> None:
    use = ModelUse("writer", sentences=2, dropped=2, prompt_tokens=90)
    assert model_line(replace(refused(), answered_by="writer", model=use)) == (
        "asked writer, 90 tokens, 2 of 2 sentences dropped"
    )
    completed = replace(refused(), model=ModelUse("writer", prompt_tokens=90, completion_tokens=9))
    assert model_line(completed) == "asked writer, 99 tokens"
    assert "asked writer" in shown(completed)


def test_an_answer_in_the_place_of_a_models_says_why() -> None:
    failed = replace(answered(), model=ModelUse("writer", "http://x/v1 cannot be reached: check its address (<b>)"))
    line = "This is the extractive answer, because http://x/v1 cannot be reached: check its address (<b>)."
    assert fallback(failed) == line
    assert line in plain(shown(failed))
    assert fallback(answered()) == fallback(written(ModelUse("writer"))) == ""


def test_a_question_that_was_completed_is_shown_as_it_was_searched_for() -> None:
    completed = replace(answered(), standalone="When do cats sleep?")
    assert '<p class="quiet searched">Searched for: When do cats sleep?</p>' in shown(completed)
    assert "Searched for: Why not?" in shown(replace(refused(), standalone="Why not?"))
    assert "Searched for" not in shown(answered())


def test_long_times_are_in_seconds() -> None:
    assert work_line(replace(answered(), timings={"total": 12345.6})) == "3 passages from 2 articles, 12.3 s"


def test_a_refusal_says_so_and_offers_the_nearest_passages() -> None:
    html = shown(refused(*(hit(f"Passage {number}.", start=number) for number in range(5))))
    assert REFUSAL in html
    assert 'class="refusal"' in html
    assert re.findall(r">(Passage \d\.)<", html) == ["Passage 0.", "Passage 1.", "Passage 2."]
    assert 'class="cite"' not in html
    assert 'role="meter"' not in html


def test_an_error_is_one_plain_line_that_can_be_asked_again() -> None:
    html = shown("the question is empty:\nask something")
    assert '<p class="notice" role="alert">the question is empty: ask something</p>' in html
    assert 'class="tool retry"' in html
    assert 'class="tool copy"' not in html


def test_every_answer_can_be_copied_and_judged_and_only_the_last_question_changed() -> None:
    both = [Exchange("x1", "First?", answered()), Exchange("x2", "Second?", answered())]
    html = conversation(both, name="c1")
    for name, times in {
        "copy": 2,
        "link": 2,
        "receipt": 2,
        "like": 2,
        "dislike": 2,
        "retry": 1,
        "edit": 1,
        "undo": 1,
    }.items():
        assert html.count(f'class="tool {name}"') == times, name
    assert unescape(html).count(str(answered())) == 2


def test_a_verdict_is_shown_with_its_reason_and_correction() -> None:
    html = shown(answered(), verdict=Verdict(liked=False, reason="wrong citation", correction="They hunt."))
    assert re.search(r'class="tool dislike"[^>]*aria-pressed="true"', html)
    assert re.search(r'class="tool like"[^>]*aria-pressed="false"', html)
    assert 'aria-pressed="true">wrong citation<' in html
    assert 'value="They hunt."' in html
    assert '<form class="reasons" hidden>' in shown(answered(), verdict=Verdict(liked=True))


def test_an_empty_page_offers_examples_only_where_there_are_some() -> None:
    assert 'data-question="Why?"' in welcome(3, ["Why?"], name="c1")
    assert "<button" not in welcome(1, [], name="c1")
    assert "Ask 1 article<" in welcome(1, [], name="c1")
    assert suggestions([], conversation="c1") == ""


def test_the_open_conversation_is_marked_in_the_list_and_judged_answers_can_be_had() -> None:
    known = [Conversation("c1", "Cats", "2026"), Conversation("c2", "Dogs", "2025")]
    html = history(known, "c2", judged=True)
    assert 'data-conversation="c2" aria-current="true"' in html
    assert html.count("aria-current") == 1
    assert "/conversations/c1.md" in html
    assert "/judged.jsonl" in html
    assert "/judged.jsonl" not in history(known, "c2")


def test_of_many_conversations_the_last_and_the_open_one_are_listed_until_all_are_asked_for() -> None:
    known = [Conversation(f"c{number}", "Cats", "2026") for number in range(1_200)]
    html = history(known, "c900")
    assert html.count("<li ") == 51
    assert 'data-conversation="c49"' in html
    assert 'data-conversation="c900" aria-current="true"' in html
    assert "Show all 1,200<" in html
    assert history(known, "c900", in_full=True).count("<li ") == 1_200
    assert "Show all" not in history(known[:50], "c0")
