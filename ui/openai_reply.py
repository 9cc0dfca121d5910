"""An answer as the message of a chat model: text with its sources below it, and where each sentence stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from rag.answer import Answer, Citation, Sentence
from ui.render.text import flat
from ui.render.work import fallback

_MARKS = re.compile(r" (?:\[\d+\])+| \((?:weakly|not) supported\)")
_LIST = re.compile(r"\n\n(?:In doubt|Sources|Nearest passages):\n.*", re.DOTALL)


def content_of(answer: Answer) -> str:
    """The sentences with their marks, and below them what they rest on, or, of a refusal, what comes nearest."""
    text = answer.text if answer.abstained else " ".join(map(_marked, answer.sentences))
    return text + _below(answer)


def as_answered(content: str) -> str:
    """The text of the answer that a message was made of."""
    return _MARKS.sub("", _LIST.sub("", content))


def unsaid(said: str, answer: Answer) -> str:
    """What is still to be added to words that cannot be taken back."""
    whole = content_of(answer)
    if whole.startswith(said):
        return whole[len(said) :]
    if said.strip() != answer.text.strip():
        return f"\n\n{whole}"
    # Words as they were written have no marks between them, and no doubts.
    marks = _marks(item.number for item in answer.citations)
    doubted = [f"- “{item.text}” ({item.doubt})" for item in answer.sentences if item.doubt]
    return f" {marks}".rstrip() + _listed("In doubt", doubted) + _below(answer)


def proof_of(answer: Answer, content: str) -> dict[str, Any]:
    """What a message has beside its content: see `ui.openai_api`."""
    return {
        "annotations": list(_annotations(answer, content)),
        "sentences": [{**asdict(sentence), "standing": sentence.standing} for sentence in answer.sentences],
        "citations": [asdict(citation) for citation in answer.citations],
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "model": asdict(answer.model) if answer.model else None,
    }


def _below(answer: Answer) -> str:
    if answer.abstained:
        return str(answer).removeprefix(answer.text)
    instead = fallback(answer)
    return _listed("Sources", map(_source, answer.citations)) + (f"\n\n{instead}" if instead else "")


def _listed(name: str, lines: Iterable[str]) -> str:
    """A list with its name above it; nothing where it is empty."""
    listed = "\n".join(lines)
    return f"\n\n{name}:\n{listed}" if listed else ""


def _annotations(answer: Answer, content: str) -> Iterator[dict[str, Any]]:
    """For each sentence, with its marks if the content has them, the addresses that it rests on."""
    cited = {citation.number: citation for citation in answer.citations}
    reached = 0
    for sentence in answer.sentences:
        start = content.find(sentence.text, reached)
        if start < 0:
            continue
        said = _marked(sentence)
        reached = start + len(said if content.startswith(said, start) else sentence.text)
        for citation in (cited[number] for number in sentence.citations):
            if citation.url:
                place = {"start_index": start, "end_index": reached, "title": citation.title, "url": citation.url}
                yield {"type": "url_citation", "url_citation": place}


def _marked(sentence: Sentence) -> str:
    doubted = sentence.doubt
    return " ".join(filter(None, (sentence.text, _marks(sentence.citations), f"({doubted})" if doubted else "")))


def _marks(numbers: Iterable[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _source(citation: Citation) -> str:
    address = f" ({citation.url})" if citation.url else ""
    return f"- [{citation.number}] {flat(citation.title)}: “{flat(citation.quote)}”{address}"
