"""Questions and answers as HTML. A button says what it is for; the scripts in `assets` do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rag.answer import Answer, Citation, Sentence
from ui.conversations import REASONS, Exchange, Verdict
from ui.render.text import count, flat, notice, shortened, tool_button, tool_link, with_bold
from ui.render.work import fallback, model_details, model_line, work_line

# Words, because the number is a probability for harder askers than most (see `rag.confidence`).
_CONFIDENCE_WORDS = ((0.6, "High confidence"), (0.35, "Fair confidence"), (0.0, "Low confidence"))
_NEAREST = 3


def conversation(exchanges: Sequence[Exchange], *, name: str) -> str:
    """A conversation, which has something in it; `name` is its id."""
    *earlier, last = exchanges
    return _log("".join([*map(exchange, earlier), exchange(last, is_last=True)]), name)


def welcome(articles: int, examples: Sequence[str], *, name: str) -> str:
    """A conversation to be begun: what there is to ask of, and example questions."""
    return _log(
        f'<div class="welcome"><h2>Ask {count(articles, "article")}</h2>'
        "<p>Every sentence of an answer opens the words it rests on. What the articles do not hold is not answered.</p>"
        f"{_example_list(examples)}</div>",
        name,
    )


def unavailable(message: str) -> str:
    """An empty page that says why nothing can be asked."""
    return _log(notice(message))


def exchange(item: Exchange, *, is_last: bool = False) -> str:
    """A question and its answer, refusal or error, and what can be done with it: more with the last one."""
    copied = f' data-copy="{escape(str(item.reply))}"' if isinstance(item.reply, Answer) else ""
    return (
        f'<section class="exchange" data-exchange="{escape(item.id)}"{copied}>'
        f'<h2 class="asked">{escape(item.question)}</h2>{_said(item.reply)}{_actions(item, is_last)}</section>'
    )


def pending(question: str, said: str, *, conversation: str) -> str:
    """An exchange whose answer is still being written; it belongs to the conversation of that id."""
    return (
        f'<section class="exchange pending" data-conversation="{escape(conversation)}">'
        f'<h2 class="asked">{escape(question)}</h2><div class="answer" aria-busy="true">'
        f'<p class="said">{escape(said)}<span class="caret"></span></p></div></section>'
    )


def failed(question: str, message: str) -> str:
    """What was asked in vain, and is not part of the conversation."""
    return exchange(Exchange("", question, message))


def suggestions(questions: Sequence[str], *, conversation: str) -> str:
    """Questions to go on with in the conversation of that id; nothing where there are none."""
    if not questions:
        return ""
    return (
        f'<nav class="next" aria-label="Questions to go on with" data-conversation="{escape(conversation)}">'
        f"{_example_list(questions)}</nav>"
    )


def _log(inner: str, name: str = "") -> str:
    said = f'role="log" aria-label="Conversation" data-conversation="{escape(name)}"'
    return f'<div class="conversation" {said}>{inner}</div>'


def _example_list(questions: Iterable[str]) -> str:
    """Questions as buttons that ask them."""
    buttons = "".join(
        f'<li><button type="button" class="example" data-question="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f"<ul>{buttons}</ul>" if buttons else ""


def _said(reply: Answer | str) -> str:
    if isinstance(reply, str):
        return notice(reply)
    return _searched(reply) + (_refusal(reply) if reply.abstained else _answer(reply))


def _searched(answer: Answer) -> str:
    """The question as it was searched for, where it had to be completed."""
    if answer.standalone == answer.question:
        return ""
    return f'<p class="quiet searched">Searched for: {escape(answer.standalone)}</p>'


def _answer(answer: Answer) -> str:
    cited = {item.number: item for item in answer.citations}
    said = (
        _sentence(item, answer.stressed(item), [cited[number] for number in item.citations])
        for item in answer.sentences
    )
    instead = fallback(answer)
    note = f'<p class="quiet fallback">{escape(instead)}</p>' if instead else ""
    return (
        f'<div class="answer"><p class="said">{" ".join(said)}</p>{_sources(answer.citations)}{note}'
        f'<p class="quiet">{_meter(answer.confidence)}{_work(answer)}</p></div>'
    )


def _sentence(sentence: Sentence, parts: tuple[str, str, str], cited: Sequence[Citation]) -> str:
    """A sentence with its marks and the short answer in it; one that they do not support says so, and looks it."""
    doubted, marks = sentence.doubt, "".join(map(_cite, cited))
    if not doubted:
        return f"{with_bold(*parts)} {marks}"
    text = f'<span class="{sentence.standing}">{escape(sentence.text)}</span>'
    return " ".join(filter(None, (text, marks, f'<span class="doubt">({doubted})</span>')))


def _refusal(answer: Answer) -> str:
    nearest = "".join(
        f'<li><button type="button" class="nearest" data-quote="nearest-{place}">'
        f"{escape(shortened(hit.passage.text))}</button></li>"
        for place, hit in enumerate(answer.hits[:_NEAREST])
    )
    return (
        f'<div class="refusal"><h3>Not in these articles</h3><p class="said">{escape(answer.text)}</p>'
        f"{f'<p>What comes nearest:</p><ul>{nearest}</ul>' if nearest else ''}"
        f'<p class="quiet">{_work(answer)}</p></div>'
    )


def _work(answer: Answer) -> str:
    by = model_line(answer)
    details = f' title="{escape(model_details(answer.model))}"' if by and answer.model else ""
    model = f'<span class="work"{details}>{escape(by)}</span>' if by else ""
    return f'<span class="work">{work_line(answer)}</span>{model}'


def _cite(citation: Citation) -> str:
    """The mark of a citation: pointing at it shows the quote, clicking opens it in its article."""
    return (
        f'<button type="button" class="cite" data-quote="cite-{citation.number}" '
        f'data-words="{escape(flat(citation.quote))}" data-title="{escape(citation.title)}" '
        f'aria-label="Quote {citation.number}, from {escape(citation.title)}">[{citation.number}]</button>'
    )


def _sources(citations: Sequence[Citation]) -> str:
    """The articles cited, each once, with the numbers that point into it."""
    numbers: dict[str, list[Citation]] = {}
    for item in citations:
        numbers.setdefault(item.article_id, []).append(item)
    lines = (
        f"<li>{escape(items[0].title)} "
        f'<span class="numbers">{"".join(f"[{item.number}]" for item in items)}</span></li>'
        for items in numbers.values()
    )
    return f'<ul class="sources" aria-label="Articles cited">{"".join(lines)}</ul>' if citations else ""


def _meter(confidence: float) -> str:
    words = next(words for least, words in _CONFIDENCE_WORDS if confidence >= least)
    percent = round(100 * confidence)
    return (
        f'<span class="confidence" title="How sure it is that these quotes answer"><span>{words}</span>'
        f'<span class="bar" role="meter" aria-label="Confidence" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}"><span style="width:{percent}%"></span></span></span>'
    )


def _actions(item: Exchange, is_last: bool) -> str:
    """Copy, link, receipt and verdict for an answer; retry, edit and undo for the last question."""
    parts = []
    if isinstance(item.reply, Answer):
        parts += [
            tool_button("copy", "Copy the answer with its sources"),
            tool_button("link", "Copy a link to this answer"),
            tool_link("receipt", "Download a receipt that can be checked later", f"/answers/{item.id}/receipt.json"),
            _verdict_button("like", "A good answer", item.verdict, liked=True),
            _verdict_button("dislike", "Not a good answer", item.verdict, liked=False),
        ]
    if is_last:
        parts += [
            tool_button("retry", "Ask again"),
            tool_button("edit", "Change the question"),
            tool_button("undo", "Take the question back"),
        ]
    toolbar = f'<div class="actions" role="toolbar" aria-label="Do with this answer">{"".join(parts)}</div>'
    return toolbar + (_reasons(item.verdict) if isinstance(item.reply, Answer) else "") if parts else ""


def _verdict_button(name: str, label: str, verdict: Verdict | None, *, liked: bool) -> str:
    pressed = "true" if verdict and verdict.liked is liked else "false"
    return tool_button(name, label, more=f'aria-pressed="{pressed}"')


def _reasons(verdict: Verdict | None) -> str:
    """What can be wrong with an answer, shown once it is disliked."""
    disliked = verdict if verdict and not verdict.liked else None
    given = disliked.reason if disliked else None
    buttons = "".join(
        f'<button type="button" class="reason" aria-pressed="{str(reason == given).lower()}">{reason}</button>'
        for reason in REASONS
    )
    correction = escape(disliked.correction or "") if disliked else ""
    return (
        f'<form class="reasons"{"" if disliked else " hidden"}><span>What is wrong?</span>{buttons}'
        f'<input type="text" class="correction" maxlength="500" aria-label="What would be right" '
        f'placeholder="What would be right? (Enter keeps it)" value="{correction}"></form>'
    )
