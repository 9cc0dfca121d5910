"""The sets that the reader is trained on: questions, each with a text that answers it or was written not to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from corpus.article import Range
from corpus.gold.jsonl import json_lines
from corpus.sentences import paragraphs, sentences
from index.folder.folder_index import FolderIndex
from tests.benchmarks.data import BENCH, CALIBRATING, SQUAD, bioasq, indexed, squad_gold, squad_training, text_name

# Characters; a longer answer is a sentence or more, and tells where the evidence is but not which words to stress.
_SHORT = 100
_SQUAD = ("squad_v1_train_du44", "squad_v1_routerlens", "squad_flan_eval")
_SQUAD_SENTENCES, BIOASQ = "squad_reqa_train10k", "bioasq6b9b_evidence"


@dataclass(frozen=True, slots=True)
class Item:
    """A question and a text, with where the text answers it.

    Args:
        source: the set it is of.
        text: one or more sentences, at the ranges `sentences`.
        evidence: the numbers of the sentences that answer; none where the text does not.
        words: the answer in a few words, as characters of the text; None where there are none, or they are not known.
        article: the article that the text is of in the index of its set, empty where there is none.
    """

    source: str
    question: str
    title: str
    text: str
    sentences: tuple[Range, ...]
    evidence: frozenset[int] = frozenset()
    words: Range | None = None
    article: str = ""

    @property
    def answer(self) -> str:
        """The words, empty where there are none, or they are not known."""
        return self.text[slice(*self.words)] if self.words else ""


def all_items() -> list[Item]:
    """Every item that may be trained on: none whose question is fitted, calibrated or reported on later."""
    items = [*_of_squad(), *_of_squad_sentences(), *_of_gold(), *_of_bioasq()]
    for path in sorted((BENCH / "train").glob("*.jsonl")):
        if path.stem not in (*_SQUAD, _SQUAD_SENTENCES, BIOASQ):
            rows = _rows(path.stem)
            items += filter(None, map(_with_sentences if "sentences" in rows[0] else _with_spans, rows))
    return items


def articles() -> FolderIndex:
    """The index of SQuAD's 490 articles."""
    return indexed("squad", SQUAD / "articles")


@cache
def held_out() -> frozenset[str]:
    """SQuAD's articles whose questions are kept to combine the scores, to calibrate and to report."""
    combining = {asked.article_id for asked in squad_training().held_out}
    return frozenset({*combining, *squad_gold()[1], CALIBRATING})


@cache
def _by_paragraph() -> Mapping[str, tuple[str, str]]:
    """The article's number and title of each paragraph of SQuAD."""
    return {line: (each.id, each.title) for each in articles().articles() for line in each.text.split("\n")}


def _of_squad() -> Iterator[Item]:
    for name in _SQUAD:
        for row in _rows(name):
            article, title = _by_paragraph().get(row["context"].strip(), ("", ""))
            item = _with_spans({**row, "title": title})
            # Without its article, it cannot be known that it is not of one that is held out.
            if item and article and article not in held_out():
                yield replace(item, source="squad", article=article)


def _of_squad_sentences() -> Iterator[Item]:
    """Questions of which only the sentence is known, each with that sentence's paragraph."""
    paragraph_of = {line[first:last]: line for line in _by_paragraph() for first, last in _split(line)}
    for row in _rows(_SQUAD_SENTENCES):
        sentence = row["sentences"][row["labels"].index(1)].strip()
        paragraph = paragraph_of.get(sentence)
        if paragraph is None:
            continue
        article, title = _by_paragraph()[paragraph]
        if article not in held_out():
            start = paragraph.index(sentence)
            item = _item("squad_sentences", row["question"], title, paragraph, [(start, start + len(sentence))])
            yield replace(item, words=None, article=article)


def _of_gold() -> Iterator[Item]:
    """The gold questions on three articles; half of them were written to be unanswerable."""
    for article in json.loads((SQUAD / "dev-v2.0.json").read_text("utf-8"))["data"]:
        if article["title"] in held_out():
            continue
        for paragraph in article["paragraphs"]:
            own, title = _by_paragraph().get(paragraph["context"].strip(), ("", article["title"]))
            for row in paragraph["qas"]:
                places = [
                    (each["answer_start"], each["answer_start"] + len(each["text"])) for each in row["answers"][:1]
                ]
                item = _item("squad_gold", row["question"], title, paragraph["context"], places)
                yield replace(item, article=own)


def _of_bioasq() -> Iterator[Item]:
    """Experts' evidence, and within it the words where the question asks for some."""
    training = bioasq()
    kept = {asked.question for asked in training.held_out}
    for row in _rows(BIOASQ):
        if row["question"] in kept:
            continue
        article = text_name(row["context"])
        # As what retrieval finds beside it is headed; without it, whatever has no title would seem to answer.
        title = training.index.title(article)
        item = _item(BIOASQ, row["question"], title, row["context"], _places(row["answers"]))
        words = min(_places(row["exact_spans"]), key=lambda place: place[0], default=None)
        yield replace(item, words=words, article=article)


def _with_spans(row: Mapping[str, Any]) -> Item | None:
    """An item of a set that marks the answer's words; the first of several is as right as any."""
    places = _places(row["answers"][:1])
    return _item(row["source"], row["question"], row.get("title", ""), row["context"], places) if places else None


def _with_sentences(row: Mapping[str, Any]) -> Item | None:
    """An item of a set that marks which sentences answer."""
    text, places = "", []
    for sentence in row["sentences"]:
        places.append((len(text), len(text) + len(sentence)))
        text += f"{sentence} "
    evidence = frozenset(number for number, label in enumerate(row["labels"]) if label)
    item = Item(row["source"], row["question"], row.get("title", ""), text.rstrip(), tuple(places), evidence)
    return item if evidence else None


def _item(source: str, question: str, title: str, text: str, places: Sequence[Range]) -> Item:
    """An item with its sentences, of which those that overlap a place are the evidence."""
    split = _split(text)
    evidence = frozenset(
        number
        for number, (first, last) in enumerate(split)
        if any(start < last and first < end for start, end in places)
    )
    words = places[0] if len(places) == 1 and places[0][1] - places[0][0] <= _SHORT else None
    return Item(source, question, title.replace("_", " "), text, split, evidence, words)


def _split(text: str) -> tuple[Range, ...]:
    return tuple(sentence for paragraph in paragraphs(text) for sentence in sentences(text, paragraph))


def _places(answers: Sequence[Mapping[str, Any]]) -> list[Range]:
    return [(each["start"], each["start"] + len(each["text"])) for each in answers]


def _rows(name: str) -> list[dict[str, Any]]:
    return [row for _, row in json_lines(BENCH / "train" / f"{name}.jsonl")]
