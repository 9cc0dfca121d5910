"""Gold questions of SQuAD's JSON (Rajpurkar et al. 2016, 2018, arXiv:1806.03822)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus.errors import BadGoldFile
from corpus.gold.jsonl import parse_object, read_text
from corpus.gold.question import GoldQuestion, GoldQuote
from corpus.sentences import paragraphs, sentences


def load_squad(path: Path) -> list[GoldQuestion]:
    """The questions of a file of version 1.1 or 2.0. Its articles are files of their own, named by their `title`.

    What proves an answer is the sentence of the paragraph that holds it; where annotators marked different places,
    each of them does.

    Raises:
        PathNotFound: there is no such file.
        BadGoldFile: the file is not of this format.
    """
    try:
        questions = [
            _question(item, paragraph["context"], article["title"])
            for article in parse_object(read_text(path), path)["data"]
            for paragraph in article["paragraphs"]
            for item in paragraph["qas"]
        ]
    except KeyError as error:
        raise BadGoldFile(path, f"is not of SQuAD's format: there is no {error} where one belongs") from error
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise BadGoldFile(path, "is not of SQuAD's format: data, paragraphs, qas, answers") from error
    if not questions:
        raise BadGoldFile(path, "there is no question in it")
    return questions


def _question(item: dict[str, Any], context: str, title: str) -> GoldQuestion:
    if not isinstance(title, str):
        raise TypeError(title)
    unanswerable = bool(item.get("is_impossible", False))
    answers = [] if unanswerable else item["answers"]
    quotes = dict.fromkeys(_sentence(context, int(answer["answer_start"]), answer["text"]) for answer in answers)
    return GoldQuestion(
        id=str(item["id"]),
        question=item["question"].strip(),
        answers=tuple(dict.fromkeys(answer["text"] for answer in answers)),
        evidence=tuple(GoldQuote(title, quote, fact=0) for quote in quotes),
        unanswerable=unanswerable,
    )


def _sentence(context: str, start: int, answer: str) -> str:
    """The sentence that holds the answer, or the sentences, should it be longer than one."""
    end = start + len(answer)
    holding = [
        (first, last)
        for paragraph in paragraphs(context)
        for first, last in sentences(context, paragraph)
        if first < end and start < last
    ]
    return context[holding[0][0] : holding[-1][1]] if holding else answer
