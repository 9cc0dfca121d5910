"""The library as HTML: the list of articles, what came of a change, and how far one is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from html import escape

from index.catalogue import Catalogue, Entry
from index.manifest import Manifest
from ui.librarian import Change, Outcome, Trouble
from ui.render.text import count, notice, tool_button, written_date
from ui.working import Step

PAGE = 50
_DOING = {"Reading": "Reading articles", "Embedding": "Embedding passages", "Saving": "Saving the index"}
_UNITS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
_COLUMNS = ("Title", "Source", "Date", "Words", "Passages", "Indexed")


def summary(manifest: Manifest) -> str:
    """What the index holds, in a quiet line."""
    held = (count(manifest.articles, "article"), count(manifest.passages, "passage"), escape(manifest.recipe.model))
    return f'<p class="quiet">{", ".join(held)}, indexed {_moment(manifest.created)}</p>'


def trouble(wrong: Trouble, *, read_only: bool) -> str:
    """Why the index should be made anew, what that means, and the button that does it."""
    deed = "<p>Whoever runs this page can mend it.</p>" if read_only else _mending(wrong)
    # Where the index lies is of use to those alone who may mend it.
    detail = f'<p class="quiet">{escape(wrong.error)}</p>' if wrong.error and not read_only else ""
    return (
        '<section class="trouble" role="alert"><h2>The index should be made anew</h2>'
        f"<p>{escape(wrong.why)}</p>{deed}{detail}</section>"
    )


def progress(step: Step) -> str:
    """What is being done, with a bar."""
    what, done, total = step
    is_loading = what == "Reading" and total and done >= total
    said = "Loading the model" if is_loading else _DOING.get(what, what)
    known = total > 0 and done < total
    width = f' aria-valuenow="{done}" aria-valuemin="0" aria-valuemax="{total}"' if known else ""
    fill = f'<span style="width: {100 * done / total:.1f}%"></span>' if known else '<span class="unknown"></span>'
    places = f" {done:,} of {total:,}" if known and total > 1 else ""
    return (
        f'<div class="progress"><p>{escape(said)} …{places}</p>'
        f'<div class="meter" role="progressbar" aria-label="{escape(said)}"{width}>{fill}</div></div>'
    )


def change(done: Change) -> str:
    """What a change did, file by file."""
    said = f'<p class="said">{escape(done.said)}</p>' if done.said else ""
    lines = "".join(map(_line, done.outcomes))
    files = f"<ul>{lines}</ul>" if lines else ""
    return f'<div class="change" role="status">{_failed(done)}{said}{files}</div>'


def failure(message: str) -> str:
    """Why nothing was changed, in a line."""
    return f'<div class="change">{notice(message)}</div>'


def listing(found: Catalogue, search: str, offset: int, uploaded: Collection[str], *, read_only: bool) -> str:
    """Some of the articles as a table, which a narrow page shows as a list.

    Args:
        uploaded: the ids of those whose files go when they are removed.
    """
    whole = f'class="library" data-search="{escape(search)}" data-offset="{offset}"'
    if not found.total:
        nothing = f"No article has “{search.strip()}” in its title, source or name."
        said = escape(nothing if search.strip() else "There is no article yet.")
        return f'<div {whole}><p class="none" role="status">{said}</p></div>'
    names = "".join(f'<th role="columnheader" scope="col" class="{name.lower()}">{name}</th>' for name in _COLUMNS)
    last = "" if read_only else '<th role="columnheader" scope="col"><span class="unseen">Remove</span></th>'
    rows = "".join(_row(entry, entry.id in uploaded, read_only) for entry in found.entries)
    return (
        f"<div {whole}>{_pager(found, search, offset)}"
        f'<table role="table" aria-label="Articles"><thead role="rowgroup"><tr role="row">{names}{last}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def ago(moment: str, now: datetime) -> str:
    """How long ago an ISO 8601 moment was, in words."""
    try:
        seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    except (ValueError, TypeError):
        return moment
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{count(int(seconds // length), unit)} ago"
    return "just now"


def _mending(wrong: Trouble) -> str:
    """The button that makes an index anew, or, where nobody knows from what, the command."""
    if not wrong.paths:
        return (
            "<p>It does not say what it was made from. Name its articles to this command:</p>"
            f"<pre>{escape(wrong.command)}</pre>"
        )
    gone = escape(", ".join(map(str, wrong.gone)))
    without = f" <strong>These are not there now, and what was read from them is left out: {gone}.</strong>"
    return (
        "<p>It is made from the articles themselves, which takes as long as it took the first time. "
        f"Articles that were removed and whose files are still there come back.{without if gone else ''}</p>"
        '<button type="button" class="deed rebuild">Rebuild the index</button>'
    )


def _moment(moment: str) -> str:
    said = escape(moment)
    return f'<time datetime="{said}" title="{said}">{escape(ago(moment, datetime.now(UTC)))}</time>'


def _pager(found: Catalogue, search: str, offset: int) -> str:
    """How many there are, and the way to the others."""
    said = f"{count(found.total, 'article')}{' found' if search.strip() else ''}"
    if found.total <= PAGE:
        return f'<nav class="pager" aria-label="Pages"><span role="status">{said}</span></nav>'
    last = min(offset + PAGE, found.total)
    before = tool_button("previous turn", "The articles before", more=_turn(offset - PAGE, offset > 0))
    after = tool_button("next turn", "The next articles", more=_turn(offset + PAGE, last < found.total))
    places = f"{offset + 1:,} to {last:,} of {said}"
    return f'<nav class="pager" aria-label="Pages"><span role="status">{places}</span>{before}{after}</nav>'


def _turn(offset: int, there: bool) -> str:
    return f'data-offset="{max(0, offset)}"{"" if there else " disabled"}'


def _row(entry: Entry, is_uploaded: bool, read_only: bool) -> str:
    title = escape(entry.title)
    opening = f'<button type="button" class="opens" data-article="{escape(entry.id)}">{title}</button>'
    numbers = (count(entry.words, "word"), count(entry.passages, "passage"))
    cells = (
        ("title", opening),
        ("source", escape(entry.source or "")),
        ("date", escape(written_date(entry.published) if entry.published else "")),
        *((name, _number(said)) for name, said in zip(("words", "passages"), numbers, strict=True)),
        ("indexed", f'<span class="unit">indexed </span>{_moment(entry.indexed)}'),
    )
    written = "".join(f'<td role="cell" class="{name}">{html}</td>' for name, html in cells)
    return f'<tr role="row">{written}{"" if read_only else _removing(entry, is_uploaded)}</tr>'


def _number(said: str) -> str:
    """A number with its unit, which a table leaves to the column's name."""
    number, unit = said.split(" ")
    return f'{number}<span class="unit"> {unit}</span>'


def _removing(entry: Entry, is_uploaded: bool) -> str:
    files = "The copy that was uploaded is deleted." if is_uploaded else "Its file stays where it is."
    warning = escape(f"“{entry.title}” will no longer be asked. {files}")
    more = f'data-warning="{warning}" data-article="{escape(entry.id)}"'
    return f'<td role="cell" class="last">{tool_button("delete remove", f"Remove “{entry.title}”", more=more)}</td>'


def _line(outcome: Outcome) -> str:
    name = escape(outcome.name)
    if outcome.article_id is not None:
        name = f'<button type="button" class="opens" data-article="{escape(outcome.article_id)}">{name}</button>'
    reason = f": {escape(outcome.reason)}" if outcome.reason else ""
    result = f'<span class="result">{escape(outcome.result)}</span>'
    return f'<li class="{escape(outcome.result)}">{result}<span>{name}{reason}</span></li>'


def _failed(done: Change) -> str:
    """Why the index stayed as it was, and the button for another try."""
    if not done.error:
        return ""
    return f'{notice(str(done.error))}<button type="button" class="deed retry">Try again</button>'
