"""Texts that look as if they answered a question, and questions that look as if a text answered them."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from tqdm import tqdm

from index.folder.folder_index import FolderIndex
from index.home import home
from index.words import terms
from rag.contradiction import both_ways
from rag.question import Question, names
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve
from tests.benchmarks.data import bioasq
from tests.benchmarks.reader.sets import BIOASQ, Item, articles, held_out

# Passages kept for a question, and questions searched together.
_MINED, _LOT = 8, 64
# Texts of a set looked at for one that shares most with a question.
_TRIED = 60

_OPPOSITES = (
    "first last|before after|early late|earlier later|earliest latest|begin end|began ended|start finish|more less"
    "|most least|many few|large small|larger smaller|largest smallest|big little|high low|higher lower|highest lowest"
    "|north south|northern southern|east west|eastern western|old new|older newer|oldest newest|increase decrease"
    "|increased decreased|rise fall|rose fell|gain lose|gained lost|win lose|won lost|above below|over under|long short"
    "|longer shorter|longest shortest|inside outside|always never|all none|support oppose|supported opposed"
    "|accept reject|accepted rejected|allow forbid|allowed forbidden|include exclude|included excluded|male female"
    "|public private|positive negative|best worst|better worse|strong weak|stronger weaker|major minor|open close"
    "|opened closed|former latter|upper lower|left right|same different|common rare|buy sell|bought sold|birth death"
    "|born died|success failure|cause prevent|caused prevented|enter leave|entered left|with without"
)
_OPPOSITE = both_ways(_OPPOSITES.split("|"))
_WORD = re.compile(r"\w+")


def mined(items: Sequence[Item]) -> Mapping[str, tuple[Item, ...]]:
    """For each question on SQuAD's articles and on BioASQ's, what our retrieval finds that does not answer it."""
    of_bioasq = [item for item in items if item.source == BIOASQ]
    of_squad = [item for item in items if item.article and item.source != BIOASQ]
    read = {item.article for item in of_bioasq}
    kept = {article.id for article in bioasq().index.articles()} - read
    return {
        **_mined("squad", articles(), of_squad, held_out()),
        **_mined("bioasq", bioasq().index, of_bioasq, kept),
    }


def _mined(
    name: str, index: FolderIndex, items: Sequence[Item], kept: AbstractSet[str]
) -> Mapping[str, tuple[Item, ...]]:
    """The same for the questions on one index, found once, without articles that are kept for later."""
    file = home() / "reader" / f"mined-{name}.jsonl"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            for question, numbers in _mine(index, items):
                out.write(json.dumps([question, numbers]) + "\n")
        part.rename(file)
    found = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    passages = dict(pair for each in index.articles() for pair in index.passages_of(each.id))
    return {
        question: tuple(
            Item(
                "mined",
                question,
                index.title(passage.article_id),
                passage.text,
                tuple((first - passage.start, last - passage.start) for first, last in passage.sentences),
                article=passage.article_id,
            )
            for passage in (passages[number] for number in numbers)
            if passage.article_id not in kept
        )
        for question, numbers in found
    }


def _mine(index: FolderIndex, items: Sequence[Item]) -> Iterator[tuple[str, list[int]]]:
    answered: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.evidence:
            answered[item.question].append(item)
    asked = list(answered)
    with tqdm(total=len(asked), desc="Mining", unit=" questions", disable=None) as bar:
        for start in range(0, len(asked), _LOT):
            lot = asked[start : start + _LOT]
            questions = Question.understand_all(lot, [""] * len(lot), index)
            for text, readings in zip(lot, retrieve(questions, 2 * _MINED, index, SentenceReranker()), strict=True):
                hits = [reading.hit for reading in readings]
                yield text, [hit.id for hit in hits if not _answers(hit.passage.text, answered[text])][:_MINED]
            bar.update(len(lot))


def _answers(passage: str, items: Sequence[Item]) -> bool:
    """Whether a passage holds the answer of one of a question's items, or is of its text."""
    return any(_answer(item).lower() in passage.lower() or passage[:60] in item.text for item in items)


def _answer(item: Item) -> str:
    """What a text must not hold if it is not to answer."""
    return item.answer or item.text[slice(*item.sentences[min(item.evidence)])]


def alike(items: Sequence[Item], seed: int) -> dict[int, Item]:
    """For each item of elsewhere than SQuAD, by its place, a text of its set that shares much with the question.

    It does not hold the answer.
    """
    draw = random.Random(seed)
    sets: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        sets[item.source].append(place)
    words = {text: frozenset(terms(text)) for text in {item.text for item in items}}
    found = {}
    for places in sets.values():
        counts = Counter(word for place in places for word in words[items[place].text])
        for place in places:
            item = items[place]
            if item.article or not item.evidence:
                continue
            asked = {word: 1 / counts[word] for word in terms(item.question) if counts[word]}
            answer = _answer(item).lower()
            others = [
                other
                for other in draw.sample(places, min(_TRIED, len(places)))
                if items[other].text != item.text and answer not in items[other].text.lower()
            ]
            if others:
                best = max(others, key=lambda other: _shared(asked, words[items[other].text]))
                found[place] = replace(items[best], question=item.question, evidence=frozenset(), words=None)
    return found


def _shared(asked: Mapping[str, float], words: AbstractSet[str]) -> float:
    return sum(weight for word, weight in asked.items() if word in words)


def twisted(item: Item, others: Sequence[Item], draw: random.Random) -> Item | None:
    """The item with its question changed so that the text no longer answers it, as SQuAD 2.0's askers did.

    A name or number becomes another, or a word its opposite (Rajpurkar et al. 2018, arXiv:1806.03822, table 1); None
    where nothing can be changed.
    """
    for way in draw.sample((_with_another_name, _with_an_opposite), 2):
        question = way(item, others, draw)
        if question and question != item.question:
            return replace(item, source="twisted", question=question, evidence=frozenset(), words=None)
    return None


def _with_another_name(item: Item, others: Sequence[Item], draw: random.Random) -> str | None:
    """A name or number that the text holds too, exchanged for one of its kind that it does not hold as readily."""
    mine = [name for name in names(item.question) if name in item.text]
    if not mine:
        return None
    name = draw.choice(mine)
    answer = _answer(item)
    pool = [*names(item.text), *(other for each in others for other in names(each.question))]
    like = [
        other
        for other in pool
        if other not in item.question
        and other not in answer
        and other[0].isdigit() == name[0].isdigit()
        and len(other) > 2
    ]
    return item.question.replace(name, draw.choice(like), 1) if like else None


def _with_an_opposite(item: Item, others: Sequence[Item], draw: random.Random) -> str | None:
    found = [match for match in _WORD.finditer(item.question) if match[0].lower() in _OPPOSITE]
    if not found:
        return None
    match = draw.choice(found)
    return item.question[: match.start()] + _OPPOSITE[match[0].lower()] + item.question[match.end() :]
