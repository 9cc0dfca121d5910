"""Removes what a web page leaves around a saved article: prompts to subscribe, share bars, notices, author boxes.

Only whole lines before the first and after the last line of the article itself, and only those of a known form:
a sentence of the article that happens to speak of subscribing, of authors or of cookies stays.
"""

from __future__ import annotations

import re

_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|e-?mail|print|reddit|telegram|pinterest|copy link|link|save|pocket|"
    r"flipboard|messenger|bluesky|threads|mastodon|instagram|youtube|tiktok|share|tweet|more)"
)
_LEFTOVERS = (
    # advertisements
    r"advertisements?|sponsored(?: content)?|skip advertisement|continue reading(?: (?:below|the main story))?",
    r"(?:story|article) continues (?:below|after)(?: (?:this )?advertisement)?",
    # prompts to subscribe and to sign in
    r"subscribe(?: now| today| here)?|subscribe (?:now |today )?(?:for|to get) (?:full|unlimited) access",
    r"(?:want|like) to (?:read|know|see) more\?(?: subscribe.{0,80})?",
    r"(?:please )?(?:subscribe|sign up|register|log in|sign in)[^.]{0,80} to (?:continue|keep) reading",
    r"to (?:continue|keep) reading,? (?:please )?(?:subscribe|sign up|register|log in|sign in).{0,80}",
    r"already (?:a |have an? )?(?:subscriber|member|account|subscribed|subscription)\?.{0,40}",
    r"this (?:article|story) is (?:only )?(?:for|available to) (?:our |paying )*(?:subscribers|members)(?: only)?",
    r"(?:log|sign) in|sign up|register|become a (?:member|subscriber)(?: today| now)?|support our (?:journalism|work)",
    # newsletters and following
    r"(?:subscribe|sign up) (?:to|for) [^.]{0,60}\b(?:newsletters?|e-?mails?|updates|alerts|podcast|channel)\b.{0,60}",
    r"get [^.]{0,60}(?:newsletter|in|to) your inbox.{0,60}|(?:enter )?your e-?mail(?: address)?",
    r"follow us(?: on [\w ,&/]{1,60})?|(?:download|get) (?:our|the) (?:free )?app\b.{0,60}",
    # share bars
    r"share(?: this)?(?: article| story| post| page| on| via)*:?(?:[\s|,·•/]*(?:and |on |via )?" + _NETWORK + r")*",
    _NETWORK + r"(?:[\s|,·•/]+" + _NETWORK + r")+|print this (?:page|article)",
    # pointers elsewhere
    r"(?:read (?:more|next|also)|see more)(?: ?[:–—-] ?.{1,200}| on (?:this|the) (?:story|topic))?",
    r"read the full (?:story|article)|recommended for you|you (?:may|might) also like",
    r"(?:related|recommended|most read|more on this (?:story|topic))(?: (?:articles?|stories|posts|topics))?",
    r"related(?: (?:articles?|stories|posts|topics))?: ?.{1,200}|comments are closed",
    r"back to top|skip to (?:main )?content|(?:leave|post|add) a comment|(?:view |\d+ |no )?comments?(?: \(\d+\))?",
    r"listen to this article.{0,20}|\d{1,2}[ -]min(?:ute)?s? read",
    # notices
    r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies(?: (?:to|for|on|so|and (?:similar|other))\b.{0,300})?",
    r"by (?:continuing|using|clicking|browsing)\b.{0,120}\b(?:cookies|privacy policy|terms of use)\b.{0,120}",
    r"(?:(?:accept|reject|manage)(?: all)? cookies|(?:cookie|privacy) (?:policy|settings|preferences|notice)|"
    r"terms (?:of (?:use|service)|and conditions)|about us|contact us|[\s|,·•/])+",
    r"(?:copyright|©|\(c\))[\s©(c)]*(?:\d{4}|©).{0,160}|©.{1,160}|.{0,120}\ball rights reserved",
)
_LEFTOVER = re.compile(rf"(?:{'|'.join(_LEFTOVERS)})[.!:]?", re.IGNORECASE)
_MARKS = " \t\u00a0*_#>|•·-–—[]"  # list marks, emphasis and rules around a line

# The heading of an author box, alone on its line or glued to a button before it and to a name after it.
_HEADING = r"(?:the authors?|about the (?:authors?|writers?)|author bio(?:graphy)?)"
_BOX = re.compile(rf"(?:subscribe|share|advertisement)?\s*{_HEADING}:?$", re.IGNORECASE)
_BOX_AND_NAME = re.compile(r"(?:Subscribe|Share|Advertisement)?(?:The|About the) Authors?:?(?=[A-Z])")
_BIOGRAPHY = re.compile(
    r"(?:(?:Dr|Prof|Professor|Sir|Mr|Ms|Mrs)\.? )?[A-Z].{0,80}? (?:is|are|was|were|has|holds|writes|works|covers|"
    r"teaches|reports|serves|leads|studies|lives|joined|specialises|specializes)\b"
)
_LONGEST_BOX = 8  # lines; more than that under such a heading is a section of the article

# A button glued to the end of the last sentence, such as `…in Eurasia.Subscribe`.
_GLUED = re.compile(r"(?<=[a-z][.!?”\"])(?:Subscribe(?: now)?|Advertisement|Share|Want to read more\?.*)$")


def trim(text: str) -> str:
    """The text without the leftovers around it, as it is if it holds nothing else."""
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and _is_leftover(lines[start]):
        start += 1
    while (shorter := _last_cut(lines, start, end)) < end:
        end = shorter
    if start == end:
        return text
    lines[end - 1] = _GLUED.sub("", lines[end - 1])
    return "\n".join(lines[start:end]).strip()


def _last_cut(lines: list[str], start: int, end: int) -> int:
    """Where the text ends without its last leftover line, or without the author box it ends in."""
    if end > start and _is_leftover(lines[end - 1]):
        return end - 1
    for at in range(end - 1, max(start, end - _LONGEST_BOX) - 1, -1):
        if heading := _box_heading(lines[at]):
            box = [lines[at].strip(_MARKS)[heading.end() :], *lines[at + 1 : end]]
            return at if all(_is_leftover(line) or _BIOGRAPHY.match(line.strip(_MARKS)) for line in box) else end
    return end


def _box_heading(line: str) -> re.Match[str] | None:
    """The heading of an author box at the beginning of a line."""
    bare = line.strip(_MARKS)
    return _BOX.match(bare) or _BOX_AND_NAME.match(bare)


def _is_leftover(line: str) -> bool:
    """Whether a whole line is a leftover, or blank."""
    bare = line.strip(_MARKS)
    return not bare or bool(_LEFTOVER.fullmatch(bare))
