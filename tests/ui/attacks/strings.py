"""The strings that the page is attacked with: two public lists, where they are at hand, and what they leave out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from tests.benchmarks.data import BENCH

_LISTS = BENCH / "attacks"

# What is said to be markup, code or an order by something between an article and the page: Gradio's templates, Jinja,
# Markdown, TeX, diagrams, the JSON and the style sheet of a report, and names that a page's scripts look for.
OWN = (
    "{{7*7}} {{value}} {% for x in y %} ${7*7} ${alert(1)} `${alert(1)}`",
    "{{#with value}}{{constructor.constructor 'alert(1)'}}{{/with}}",
    "</script><script>alert(1)</script><!-- <script>",
    "]]></script></style></title></textarea></noscript></template><svg onload=alert(1)>",
    "--></mark></p></article></div><img src=x onerror=alert(1)>",
    "![picture](http://elsewhere.invalid/pixel.png) [link](javascript:alert(1)) <http://elsewhere.invalid>",
    "[1]: http://elsewhere.invalid 'title'",
    "$$\\href{javascript:alert(1)}{x}$$ $\\unicode{<img src=x onerror=alert(1)>}$ \\(x\\)",
    "```mermaid graph TD; A[<img src=x onerror=alert(1)>] --> B; click A href 'javascript:alert(1)' ```",
    "# not a heading",
    "- not a list",
    "12. not a list either",
    "+ nor this",
    "=====",
    "    not code",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; &#60;b&#62; &nbsp;",
    "x' style='position:fixed;inset:0;background:url(//elsewhere.invalid)' x='",
    'red;} body{background:url("//elsewhere.invalid/x")} @import "//elsewhere.invalid/y";',
    "<a id=server name=trigger><form id=props name=element><input name=value>",
    "<form id=narrow><input id=search><ol id=questions></ol><b id=data>{}</b>",
    '"><div class="evidence" data-quote="cite-1" data-exchange="x" data-conversation="y">',
    "<base href=//elsewhere.invalid><meta http-equiv=refresh content='0;url=//elsewhere.invalid'>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe><object data=//elsewhere.invalid>",
    "<link rel=stylesheet href=//elsewhere.invalid><style>*{display:none}</style>",
    "<img srcset='//elsewhere.invalid/a 1x'><video poster=//elsewhere.invalid><svg><image href=//elsewhere.invalid>",
    "__proto__ constructor toString hasOwnProperty",
)


def strings() -> list[str]:
    """Every string of the lists, each once, and our own; the test is skipped where the lists are absent."""
    if not _LISTS.is_dir():
        pytest.skip("needs ../shared/bench/attacks")
    naughty = (line for line in _lines("naughty.txt") if not line.startswith("#"))
    return list(dict.fromkeys(line for line in (*OWN, *_lines("xss.txt"), *naughty) if line.strip()))


def some(number: int) -> list[str]:
    """Our own strings and so many of the others, always the same."""
    return [*OWN, *random.Random(0).sample(strings()[len(OWN) :], number)]


def lots(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """The strings by so many."""
    left = iter(items)
    while lot := list(islice(left, size)):
        yield lot


def packed(items: Iterable[str], length: int) -> list[str]:
    """The strings one after another on lines of about such a length; one that is longer has a line of its own."""
    lines = [""]
    for item in items:
        longer = f"{lines[-1]} {item}".strip()
        if lines[-1] and len(longer) > length:
            lines.append(item)
        else:
            lines[-1] = longer
    return lines


def _lines(name: str) -> list[str]:
    return (_LISTS / name).read_text("utf-8", errors="replace").split("\n")
