"""Reads the rules of a page's own style sheet, as far as they may hide text, and says which of them an element gets.

Of selectors it knows names, classes, ids, attributes, descendants and children. A rule it cannot judge (another
selector, a condition such as `hover: none`) may show text, but never hides any: what is in doubt stays readable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SCREEN = 1280  # pixels: the width of the window in which a page is looked at
_LETTER = 16  # pixels in an em of a condition

_COMMENT_STRING_OR_ADDRESS = re.compile(
    r"/\*.*?(?:\*/|$)|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|url\([^()\"']*\)|<!--|-->", re.DOTALL
)
_UNTIL_MARK = re.compile(r"([^{};]*)([{};]|$)")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))")
_NAME = r"(?:[\w-]|[^\x00-\x7f]|\\.)+"
_PART = re.compile(
    rf"(?P<mark>[.#]?)(?P<name>{_NAME})|\*|"
    rf"\[\s*(?P<attribute>[\w-]+)\s*(?:(?P<how>[~|^$*]?=)\s*[\"']?(?P<value>[^\"'\]]*)[\"']?)?\s*\]|(?P<root>:root)"
)
# What holds only while somebody does something, or is not the element's own text.
_PASSING = re.compile(r"::|:(?:before|after|first-l\w+|hover|focus|active|checked|target|visited)")
_PSEUDO = re.compile(r":[\w-]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?")
_COMBINATOR = re.compile(r"\s*([>+~])\s*|\s+")
_COMPARISONS: dict[str | None, Callable[[str | None, str], bool]] = {
    None: lambda own, _: own is not None,
    "=": lambda own, value: own == value,
    "~=": lambda own, value: value in (own or "").split(),
    "|=": lambda own, value: own == value or (own or "").startswith(f"{value}-"),
    "^=": lambda own, value: bool(value) and (own or "").startswith(value),
    "$=": lambda own, value: bool(value) and (own or "").endswith(value),
    "*=": lambda own, value: bool(value) and value in (own or ""),
}
_SHORT = {
    "background-color": "background",
    "overflow-x": "overflow",
    "overflow-y": "overflow",
    "-webkit-clip-path": "clip-path",
    "-webkit-background-clip": "background-clip",
}
_COMMA = re.compile(r",(?![^()]*\))")
_WIDTH = re.compile(r"\((min|max)-width:(\d+\.?\d*|\.\d+)(px|r?em)\)")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A value that a rule, or an element's own `style`, gives a property; the highest `rank` wins."""

    name: str
    value: str
    rank: tuple[bool, tuple[int, int, int, int], int]  # important, specificity, order
    origin: int  # which rule, OWN for an element's own style


OWN = -1


@dataclass(frozen=True, slots=True)
class _Compound:
    """What a selector says of one element."""

    marks: frozenset[str]
    attributes: tuple[tuple[str, str | None, str], ...]  # name, how it is compared, with what

    def matches(self, element: Any) -> bool:
        """Whether an element is one of these."""
        return self.marks <= marks(element) and self.holds_attributes_of(element)

    def holds_attributes_of(self, element: Any) -> bool:
        """Whether an element has the attributes asked for."""
        return all(_COMPARISONS[how](element.get(name), value) for name, how, value in self.attributes)


@dataclass(frozen=True, slots=True)
class _Selector:
    """An element's own compound, and from the inside outwards those of the elements around it."""

    own: _Compound
    around: tuple[tuple[str, _Compound], ...]  # each with the combinator that stands after it
    needs: frozenset[str]  # the marks of all that must stand around
    specificity: tuple[int, int, int, int]
    certain: bool

    def matches(self, element: Any) -> bool:
        """Whether the elements around one that fits by itself are those asked for."""
        if not self.own.holds_attributes_of(element):
            return False
        chain = list(element.iterancestors()) if self.around else []
        places = {-1}  # of the chain, where the part before may stand: all at once, for trying each takes for ever
        for combinator, compound in self.around:
            inside = range(min(places) + 1, len(chain)) if combinator == " " else [place + 1 for place in places]
            places = {place for place in inside if place < len(chain) and compound.matches(chain[place])}
            if not places:
                return False
        return True


class StyleSheet:
    """The rules of a page that speak of the properties asked for, found by the elements they are for."""

    def __init__(self, properties: frozenset[str], may_hide: Callable[[str, str], bool], marks: frozenset[str]) -> None:
        """`marks` are all that the page's elements have; rules for others are passed over."""
        self._properties, self._may_hide, self._marks = properties, may_hide, marks
        self._rules: dict[str, list[tuple[_Selector, list[Declaration]]]] = defaultdict(list)
        self._count = 0

    def add(self, css: str, media: str = "") -> None:
        """Takes in the text of a `<style>` element, with the media it is meant for."""
        for text, body, certain in _blocks(css, _verdict(media)):
            selectors = [
                each for each in map(_selector, _parts(text)) if each and each.own.marks | each.needs <= self._marks
            ]
            declared = [each for each in declarations(body) if each[0] in self._properties] if selectors else []
            for selector in selectors if declared else ():
                self._add(selector, declared, certain and selector.certain)

    def of(self, element: Any, own: frozenset[str], around: frozenset[str]) -> Iterator[Declaration]:
        """What the rules declare for an element, in no order; its own marks and those of all elements around it."""
        for mark in (*own, "*") if self._rules else ():
            for selector, declared in self._rules.get(mark, ()):
                if selector.own.marks <= own and selector.needs <= around and selector.matches(element):
                    yield from declared

    def _add(self, selector: _Selector, declared: Sequence[tuple[str, str, bool]], certain: bool) -> None:
        self._count += 1
        kept = [
            Declaration(name, value, (important, selector.specificity, self._count), self._count)
            for name, value, important in declared
            if certain or not self._may_hide(name, value)
        ]
        if kept:  # under the rarest of its marks: an id, else a class, else the element's name
            self._rules[min(selector.own.marks, default="*")].append((selector, kept))


def marks(element: Any) -> frozenset[str]:
    """What selectors know an element by: its name, its `#id` and each `.class`."""
    found = [element.tag, *(f".{name}" for name in (element.get("class") or "").split())]
    if name := element.get("id"):
        found.append(f"#{name}")
    return frozenset(found)


def declarations(body: str) -> Iterator[tuple[str, str, bool]]:
    """Name, value and importance of each declaration of a block or a `style`, in lower case; one name for a thing."""
    for line in _plain(body).split(";"):
        name, colon, value = line.partition(":")
        value, _, important = _unescaped(value).lower().partition("!")
        if colon and value.strip():
            name = _unescaped(name).strip().lower()
            yield _SHORT.get(name, name), " ".join(value.split()), bool(important)


def _blocks(css: str, certain: bool | None) -> Iterator[tuple[str, str, bool]]:
    """Each rule's selectors and declarations, and whether it surely holds on a screen."""
    open_blocks: list[tuple[str, bool | None]] = [("", certain)]
    body = ""
    for text, mark in _UNTIL_MARK.findall(_plain(css)):
        selector, verdict = open_blocks[-1]
        if mark == "{":
            prelude = text.strip()
            condition = _condition(prelude) if prelude.startswith("@") else (None if selector else True)
            inner = False if False in (verdict, condition) else (None if None in (verdict, condition) else True)
            open_blocks.append(("" if prelude.startswith("@") else prelude, inner))
            body = ""
            continue
        body += f"{text};"
        if mark != ";" and len(open_blocks) > 1:  # the end closes what is open
            if selector and verdict is not False:
                yield selector, body, verdict is True
            open_blocks.pop()
            body = ""


def _condition(prelude: str) -> bool | None:
    """Whether what an at-rule holds applies on a screen; None if that cannot be said."""
    name, _, rest = prelude[1:].partition(" ")
    if name.startswith("media"):
        return _verdict(prelude[1:].removeprefix("media"))
    if name in ("supports", "layer"):
        return None if rest.strip().startswith("not") else True
    return None if name in ("container", "scope", "starting-style", "-moz-document") else False


def _verdict(media: str) -> bool | None:
    """Whether a list of media queries holds on a screen by day; None if that cannot be said."""
    verdicts = [_query(query.strip().lower()) for query in media.split(",")]
    return True if True in verdicts else None if None in verdicts else False


def _query(query: str) -> bool | None:
    """Whether one media query holds."""
    kind = re.match(r"(?:only\s+)?([a-z]+)", query)
    if kind and kind[1] not in ("all", "screen"):
        return None if kind[1] == "not" else False
    features = re.sub(r"\s+", "", query.partition("(")[1] + query.partition("(")[2])
    for bound, number, unit in _WIDTH.findall(features):
        pixels = float(number) * (1 if unit == "px" else _LETTER)
        if (pixels > _SCREEN) if bound == "min" else (pixels < _SCREEN):
            return False
    if "prefers-color-scheme:dark" in features:
        return False
    return None if "(" in _WIDTH.sub("", features) else True


def _parts(selectors: str) -> list[str]:
    """A list of selectors one by one; commas inside brackets do not part them."""
    parts = _COMMA.split(selectors) if "(" in selectors else selectors.split(",")
    return [part.strip() for part in parts]


def _selector(text: str) -> _Selector | None:
    """One selector; None if it means no element's own text, or nothing at all."""
    if _PASSING.search(text):
        return None
    bare = _PSEUDO.sub(lambda pseudo: pseudo[0] if pseudo[0] == ":root" else "", text).strip()
    pieces = _COMBINATOR.split(bare)
    compounds = [_compound(piece) for piece in pieces[::2]]
    combinators = [piece or " " for piece in pieces[1::2]]
    beside = next((at for at in reversed(range(len(combinators))) if combinators[at] in "+~"), -1)
    compounds, combinators = compounds[beside + 1 :], combinators[beside + 1 :]  # who stands beside is not looked at
    known = [each for each in compounds if each]
    if len(known) < len(compounds) or (pieces[-1] == "" and bare != text):
        return None
    found = [mark for each in known for mark in each.marks]
    ids = sum(mark[0] == "#" for mark in found)
    classes = sum(mark[0] == "." for mark in found) + sum(len(each.attributes) for each in known)
    return _Selector(
        own=known[-1],
        around=tuple(zip(reversed(combinators), reversed(known[:-1]), strict=True)),
        needs=frozenset(mark for each in known[:-1] for mark in each.marks),
        specificity=(0, ids, classes, len(found) - ids - sum(mark[0] == "." for mark in found)),
        certain=beside < 0 and bare == text,
    )


def _compound(text: str) -> _Compound | None:
    """What a selector says of one element; None for a syntax that is not known."""
    found, attributes, at = set(), [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return None
        at = part.end()
        if part["attribute"]:
            attributes.append((part["attribute"].lower(), part["how"], part["value"]))
        elif part["root"]:
            found.add("html")
        elif part["name"]:
            found.add(part["mark"] + _unescaped(part["name"]) if part["mark"] else part["name"].lower())
    return _Compound(frozenset(found), tuple(attributes))


def _plain(css: str) -> str:
    """The style sheet without comments and addresses, and without marks inside its strings."""

    def plain(found: re.Match[str]) -> str:
        if found[0][0] in "\"'":
            return re.sub(r"[{};:,]", " ", found[0])
        return "url()" if found[0].startswith("url") else " "

    return _COMMENT_STRING_OR_ADDRESS.sub(plain, css)


def _unescaped(text: str) -> str:
    """A name or value with its escaped characters spelt out."""
    if "\\" not in text:
        return text

    def character(found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else 0
        return found[2] or (chr(code) if 0 < code < 0x110000 else "\ufffd")

    return _ESCAPE.sub(character, text)
