"""Web leftovers go, the article's own words stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.leftovers import trim

SHARED = Path(__file__).parents[2] / ".." / "shared"

BODY = "The summit opened on Monday.\nIt closed two days later, without a statement."

LEFTOVERS = [
    "Want to read more?",
    "Subscribe for full access.",
    "Subscribe",
    "SUBSCRIBE NOW",
    "To continue reading, please sign up or log in.",
    "Already a subscriber? Log in",
    "This article is for subscribers only.",
    "Sign up for our daily newsletter and never miss a story",
    "Subscribe to The Brief for free e-mail updates.",
    "Get the best of the week in your inbox.",
    "Follow us on Twitter and Facebook",
    "Advertisement",
    "Story continues below advertisement",
    "Share this article on Facebook | Twitter | WhatsApp",
    "Facebook Twitter LinkedIn Email",
    "Share:",
    "Read more: Why the summit matters",
    "READ NEXT – The road to Astana",
    "Related articles",
    "You may also like",
    "This website uses cookies to improve your experience.",
    "By continuing to browse you agree to our use of cookies.",
    "Privacy policy | Terms of use | Contact us",
    "© 2024 The Daily Example",
    "Copyright 2024 Example Media Ltd",
    "The Daily Example. All rights reserved.",
    "12 comments",
    "Leave a comment",
    "Back to top",
    "* Share *",
]


@pytest.mark.parametrize("leftover", LEFTOVERS)
def test_a_leftover_after_the_article_goes(leftover: str) -> None:
    assert trim(f"{BODY}\n\n{leftover}") == BODY


def test_all_the_leftovers_at_once_go() -> None:
    assert trim("\n".join([BODY, *LEFTOVERS])) == BODY


@pytest.mark.parametrize("leftover", ["Skip to main content", "Advertisement", "Share", "5 min read"])
def test_a_leftover_before_the_article_goes(leftover: str) -> None:
    assert trim(f"{leftover}\n\n{BODY}") == BODY


@pytest.mark.parametrize(
    "last",
    [
        "Readers who want to read more can subscribe for full access, the editor said.",
        "Subscribe to the theory or not, the result stands.",
        "The authors of the report are Jane Doe and John Smith.",
        "The Authors Guild sued the company in May.",
        "We use cookies and milk at breakfast, he joked; the room laughed.",
        "This site uses of the term go back to 1900.",
        "Copyright law was changed in 1976.",
        "He told them to share the bread.",
        "Advertisements paid for the paper until 1990.",
        "She asked: want to read more? Nobody did.",
        "The newsletter had 4,000 subscribers in 2010.",
        "Read more books, the minister told them.",
        "X",
        "More than ten comments were made.",
    ],
)
def test_an_article_that_ends_by_speaking_of_such_things_is_left_whole(last: str) -> None:
    assert trim(f"{BODY}\n{last}") == f"{BODY}\n{last}"


def test_a_leftover_between_paragraphs_stays() -> None:
    text = f"{BODY}\nAdvertisement\nThe ministers met again in June."
    assert trim(text) == text


def test_a_text_of_leftovers_alone_is_left_whole() -> None:
    assert trim("Subscribe\nShare") == "Subscribe\nShare"


@pytest.mark.parametrize(
    "heading",
    [
        "The Authors",
        "About the author",
        "ABOUT THE AUTHORS:",
        "SubscribeThe Authors",
        "## About the Author",
        "**The Author**",
    ],
)
def test_an_author_box_goes_with_its_biographies(heading: str) -> None:
    box = f"{heading}\nJane Doe is a lecturer at King’s College.\n\nDr. John Smith writes on trade. He lives in Oslo."
    assert trim(f"{BODY}\n{box}\n© 2024 The Daily") == BODY


def test_an_author_box_glued_to_its_own_biography_goes() -> None:
    assert trim(f"{BODY}\nSubscribeThe AuthorsJane Doe is a lecturer at King’s College.") == BODY


def test_a_biography_without_a_heading_stays() -> None:
    text = f"{BODY}\nJane Doe is a lecturer at King’s College."
    assert trim(text) == text


def test_a_section_under_such_a_heading_stays_if_it_holds_more_than_biographies() -> None:
    text = f"{BODY}\nThe Authors\nthey met in Paris, where the book began.\nJane Doe is one of them."
    assert trim(text) == text


def test_a_long_section_under_such_a_heading_stays() -> None:
    text = "\n".join([BODY, "The Authors", *["Jane Doe was a novelist of the time."] * 20])
    assert trim(text) == text


def test_a_button_glued_to_the_last_sentence_goes() -> None:
    assert trim(f"{BODY}Subscribe") == BODY


@pytest.mark.skipif(not (SHARED / "articles").is_dir(), reason="needs the original articles in ../shared/articles")
def test_the_original_articles_end_where_their_text_ends() -> None:
    whole, boxed = (path.read_text("utf-8") for path in sorted((SHARED / "articles").glob("*.txt")))
    assert trim(whole) == whole
    assert trim(boxed) == boxed[: boxed.index("\nWant to read more?")]
    assert trim(boxed).endswith("widening between China and Russia in Eurasia.")


@pytest.mark.skipif(not (SHARED / "bench/squad/articles").is_dir(), reason="needs ../shared/bench/squad/articles")
def test_no_word_of_the_squad_articles_is_trimmed() -> None:
    texts = [path.read_text("utf-8") for path in sorted((SHARED / "bench/squad/articles").glob("*.txt"))]
    assert len(texts) == 490
    assert [text for text in texts if trim(text).strip() != text.strip()] == []


@pytest.mark.skipif(not (SHARED / "bench/spans").is_dir(), reason="needs ../shared/bench/spans")
def test_no_word_of_the_long_documents_is_trimmed() -> None:
    texts = [path.read_text("utf-8") for path in sorted((SHARED / "bench/spans").glob("*.md"))]
    assert len(texts) == 5
    assert [text[-200:] for text in texts if trim(text).strip() != text.strip()] == []
