"""What is read back from a disk: of any bytes, either what was written, or one plain error."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from functools import cache, partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from corpus.article import Passage
from corpus.errors import BadGoldFile, BadReceipt, PathNotFound, RagError, RunError, StoreError
from corpus.gold import GoldQuestion, load_beir, load_gold, write_beir_articles
from index.folder.record import decode, encode
from index.folder.store import FolderStore
from rag.answer import Sentence
from rag.evaluation import compare
from rag.receipt import IndexSeen, Quote, Receipt
from tests.fuzz.strategies import altered_json, mutated, readable, texts
from tests.fuzz.target import new_folder, target
from tests.index.random_articles import put_in, random_articles
from ui.conversations import Conversations
from ui.runs import Runs

_GOLD = {
    "id": "f1",
    "question": "And China's?",
    "answers": ["Pakistan"],
    "history": [["Whose entry did Russia back?", "India's."]],
    "evidence": [{"article": "summits/2017", "quote": "China supported Pakistan.", "fact": 1}],
    "kind": "why",
    "unanswerable": False,
}
_SQUAD = {
    "data": [
        {
            "title": "Lamp",
            "paragraphs": [
                {
                    "context": "The lamp was lit. It went out.",
                    "qas": [
                        {
                            "id": "q",
                            "question": "What was lit?",
                            "answers": [{"text": "The lamp", "answer_start": 0}],
                            "is_impossible": False,
                        }
                    ],
                }
            ],
        }
    ]
}
_BEIR = {
    "corpus.jsonl": {"_id": "d1", "title": "Lamp", "text": "The lamp was lit."},
    "queries.jsonl": {"_id": "q1", "text": "What was lit?"},
}
_QRELS = b"query-id\tcorpus-id\tscore\nq1\td1\t1\n"
_ABOUT = {"id": "r", "gold": "g", "made": "2026-01-01", "questions": 1, "right": 1, "figures": {"recall@5": 1.0}}
_RUN = {
    "metrics": {"recall@5": {"value": 1.0, "n": 1, "ci95": [0.0, 1.0]}},
    "settings": {"passages": 12},
    "index": {"articles": 1, "recipe": {"model": "a-model"}},
    "questions": [{"id": "q", "gold": {"question": "?"}, "values": {"recall@5": 1.0, "answer_match": 0.0}}],
}


@cache
def _folder() -> Path:
    return new_folder()


def _file(name: str, content: bytes) -> Path:
    file = _folder() / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@cache
def _index() -> tuple[Path, tuple[str, ...]]:
    """A small index of two segments, and its files."""
    folder = _folder() / "index"
    put_in(folder, random_articles(["one", "two"], passages=3))
    put_in(folder, random_articles(["three"], seed=1), gone=["one"])
    names = sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.name != "lock"
    )
    return folder, tuple(names)


@st.composite
def _damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the index, and what is written in its place."""
    folder, names = _index()
    name = draw(st.sampled_from([name for name in names if "manifest" in name or "CURRENT" in name] * 3 + [*names]))
    written = (folder / name).read_bytes()
    contents = [
        mutated([written]),
        st.binary(max_size=30),
        texts(most=3).map(lambda text: text.encode("utf-8", "replace")),
    ]
    if name.endswith(".json"):
        contents.append(altered_json(json.loads(written)))
    return name, draw(st.one_of(contents))


@target(st.deferred(_damage), quick=40)
def damaged_indexes(case: tuple[str, bytes]) -> None:
    folder, _ = _index()
    name, content = case
    written = (folder / name).read_bytes()
    sound = FolderStore(folder).current()
    _replace(folder / name, content)
    try:
        store = FolderStore(folder)
        found = store.current()
        store.verify()
        assert found == sound
        assert content == written or name not in sound.files
    except StoreError as error:
        assert content != written
        assert "\n" not in str(error)
    finally:
        _replace(folder / name, written)


def _replace(file: Path, content: bytes) -> None:
    """Another file in the place of one: a change to the same would reach into what is mapped into memory."""
    _file("replacement", content).replace(file)


@cache
def _record() -> tuple[bytes, Any]:
    passage = Passage("an-id", 2, 10, 30, "The lamp went out. ſ", ((10, 28),))
    record = encode(7, passage, "A title", b"sentences")
    return record, decode(record)


@target(st.deferred(lambda: st.one_of(mutated([_record()[0]]), st.binary(max_size=200))), quick=50)
def records(content: bytes) -> None:
    written, record = _record()
    assert decode(content) == (record if content == written else None)


@cache
def _receipt() -> Receipt:
    return Receipt(
        made="2026-01-01T00:00:00+00:00",
        question="What was lit?",
        standalone="What was lit?",
        text="The lamp was lit.",
        sentences=(Sentence("The lamp was lit.", (1,), 0.9),),
        abstained=False,
        confidence=0.75,
        answered_by="extractive",
        quotes=(Quote(1, "an-id", "A title", 0, 17, "The lamp was lit.", None, "0" * 64),),
        index=IndexSeen(3, "0" * 64, "a-model", "0" * 64),
        decided={"passages": 12, "threshold": 0.25, "reranker": ""},
    )


@target(st.deferred(lambda: altered_json(json.loads(_receipt().to_json()))), quick=40)
def receipts(content: bytes) -> None:
    try:
        assert Receipt.read(_file("receipt.json", content)) == _receipt()
    except BadReceipt as error:
        assert "\n" not in str(error)


def _is_sound(question: GoldQuestion) -> bool:
    words = [question.id, question.question, *question.answers, *(text for turn in question.history for text in turn)]
    return all(isinstance(word, str) for word in words) and all(
        isinstance(item.article, str) and isinstance(item.quote, str | None) and isinstance(item.fact, int)
        for item in question.evidence
    )


def _assert_gold(load: Callable[[], list[GoldQuestion]]) -> None:
    try:
        assert all(map(_is_sound, load()))
    except (BadGoldFile, PathNotFound) as error:
        assert "\n" not in str(error)


@target(st.lists(altered_json(_GOLD), max_size=3).map(b"\n".join), quick=40)
def gold_lines(content: bytes) -> None:
    _assert_gold(partial(load_gold, _file("gold.jsonl", content)))


@target(altered_json(_SQUAD), quick=40)
def gold_of_squad(content: bytes) -> None:
    _assert_gold(partial(load_gold, _file("gold.json", content)))


@target(
    st.tuples(
        *(altered_json(item) for item in _BEIR.values()),
        st.one_of(mutated([_QRELS]), readable(("\t", "query-id", "q1", "x" * 200_000, "\0"), most=6).map(str.encode)),
    ),
    quick=20,
)
def gold_of_beir(case: tuple[bytes, bytes, bytes]) -> None:
    names = (*_BEIR, "qrels/test.tsv")
    for name, content in zip(names, case, strict=True):
        _file(f"beir/{name}", content)
    _assert_gold(partial(load_beir, _folder() / "beir"))
    try:
        write_beir_articles(_folder() / "beir", _folder() / "articles")
    except BadGoldFile as error:
        assert "\n" not in str(error)


# What compares runs takes a while to be imported.
@target(altered_json(_RUN), quick=20, ready=partial(import_module, "scipy.stats"))
def runs_to_compare(content: bytes) -> None:
    good, odd = _file("good.json", json.dumps(_RUN).encode()), _file("odd.json", content)
    for pair in ((good, odd), (odd, good), (odd, odd)):
        try:
            str(compare(*pair))
        except RunError as error:
            assert "\n" not in str(error)


@target(altered_json(_ABOUT), quick=20)
def runs_of_the_page(content: bytes) -> None:
    _file("runs/r/about.json", content)
    for run in Runs(_folder() / "runs").all():
        assert isinstance(run.made, str)


_numbers = count()


@cache
def _conversations() -> bytes:
    file = _folder() / "conversations.sqlite"
    with closing(Conversations(file)) as kept:
        kept.add("c", "Who?", "Nobody.")
    return file.read_bytes()


@target(st.deferred(lambda: st.one_of(mutated([_conversations()]), st.binary(max_size=200))), quick=15)
def kept_conversations(content: bytes) -> None:
    file = _file(f"kept/{next(_numbers)}.sqlite", content)
    try:
        with closing(Conversations(file)) as kept:
            for conversation in kept.all():
                kept.exchanges(conversation.id)
            kept.judged()
            kept.add("c", "Who?", "Nobody.")
    except RagError as error:
        assert "\n" not in str(error)
    finally:
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
