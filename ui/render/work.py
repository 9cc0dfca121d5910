"""What was done for an answer, in lines that stay in the background."""

from __future__ import annotations

from collections.abc import Iterator

from rag.answer import Answer, ModelUse
from ui.render.text import count

# From here on a time is read more easily in seconds.
_LONG_MS = 1000


def work_line(answer: Answer) -> str:
    """What was read for an answer and how long it took: "12 passages from 4 articles, 9 ms"."""
    articles = len({hit.passage.article_id for hit in answer.hits})
    read = f"{count(len(answer.hits), 'passage')} from {count(articles, 'article')}"
    return f"{read}, {_time(answer.timings['total'])}" if "total" in answer.timings else read


def model_line(answer: Answer) -> str:
    """What a language model did: "written by gemma, 1,240 tokens, 1 of 3 sentences dropped"; empty where none did."""
    use = answer.model
    if use is None or use.failure:
        return ""
    # One that only completed the question, or found no answer, has written nothing of what is shown.
    wrote = use.name == answer.answered_by and not answer.abstained
    tokens = use.prompt_tokens + use.completion_tokens
    counted = [count(tokens, "token")] if tokens else []
    return ", ".join([f"{'written by' if wrote else 'asked'} {use.name}", *counted, *_corrections(use)])


def model_details(use: ModelUse) -> str:
    """More of the same, for whoever looks closely."""
    counted = f"{count(use.prompt_tokens, 'token')} read, {use.completion_tokens:,} written"
    corrected = "; what the articles do not support gives way to their own words, or is dropped"
    return counted + (corrected if use.replaced or use.dropped else "")


def fallback(answer: Answer) -> str:
    """Why the extractive answer stands in the place of a language model's, in a sentence; empty where it does not."""
    failure = answer.model.failure if answer.model else ""
    return f"This is the extractive answer, because {failure}." if failure else ""


def _corrections(use: ModelUse) -> Iterator[str]:
    share = f" of {count(use.sentences, 'sentence')}"
    for number, what in ((use.replaced, "replaced"), (use.dropped, "dropped")):
        if number:
            yield f"{number}{share} {what}"
            share = ""
    if use.unknown_citations:
        of = "an unknown passage" if use.unknown_citations == 1 else "unknown passages"
        yield f"{count(use.unknown_citations, 'citation')} of {of}"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < _LONG_MS else f"{milliseconds / 1000:.1f} s"
