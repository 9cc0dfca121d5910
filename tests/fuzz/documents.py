"""Small whole documents of each format, to be broken."""

from __future__ import annotations

import io
import zipfile
from functools import cache

TEXT = """---
title: "A lamp: given up"
author: [Anna Holm, {name: Clara Voss}]
date: August 5, 2024
source: https://example.org/lamp
lang: en
---
The lamp on Skerry Rock was lit by Anna Holm in 1921. She kept it for forty years, until ships carried radio beacons.

"It went out," said Dr. Voss, "because nobody looked at it any more." The tower was sold for $1.2 million.
Subscribe
"""

MARKDOWN = """---
title: The lighthouse
published: 2021-05
---
# The lighthouse

The lamp was *given up* because **ships** carry `radio_beacons`. See [the page](https://example.org "title").
<span style="display:none">not this</span> but <b>this</b>.

- one
  - two
1. three

> quoted
> again

| a | b |
|---|---|
| 1 | 2 |

```python
x = "# no heading"
```
<div hidden>

gone

</div>
<style>.x { color: white }</style>
<p class="x">white</p>
"""

HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The lamp</title>
<meta name="date" content="2024-08-05"><script type="application/ld+json">{"datePublished": "2024-08-05"}</script>
<style>@media screen and (min-width: 12.5em) { .a > #b, p:not(.c) { display: none; color: rgb(255, 255, 255, .0) } }
/* a */ [hidden="x"] { opacity: 0.0 !important } .e { width: 0; overflow: hidden } </style></head>
<body><nav>Home</nav><article><h1>The lamp</h1><p>The lamp was given up because ships carry radio beacons.</p>
<p style="color:#fff;background:#ffffff">white</p><p class="a">The tower was painted by Clara Voss in 1921.</p>
<table><tr><td>1</td><td>2</td></tr></table><ul><li>one<li>two</ul><p hidden>no</p><br></article></body></html>
"""

CSS = """@media screen and (min-width: 12.5em), print { .a > #b + i, p:not(.c)::after { display: none } }
/* a */ [hidden="x"] { opacity: 0.0 !important; color: rgba(255, 255, 255, .0); background: url(x) #fff }
@supports not (display: grid) { a\\64 b, :root * { text-indent: -9999px; clip: rect(0, 0, 0, 0) } } <!-- -->
@font-face { font-family: "a;b{" } .e { width: 0; overflow: hidden; font-size: .5px; color: hsl(0 0% 0% / 0) }
"""


@cache
def pdf() -> bytes:
    """A PDF of two pages."""
    streams = [
        b"BT /F1 24 Tf 72 720 Td (The lamp) Tj /F1 11 Tf 0 -40 Td (The lamp was given up because ships) Tj "
        b"0 -14 Td (carry radio bea-) Tj 0 -14 Td (cons. The tower was painted in 1921.) Tj ET",
        b"BT /F1 11 Tf 72 720 Td (Clara Voss painted it.) Tj 3 Tr 0 -14 Td (unseen) Tj ET 1 1 1 rg 0 0 9 9 re f",
    ]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
        *(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 7 0 R >> >> >>" % number
            for number in (5, 6)
        ),
        *(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream) for stream in streams),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title (A lamp) /Author (Clara Voss) /CreationDate (D:20240805120000Z) >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end


@cache
def docx() -> bytes:
    """A Word document with headings, a table, hidden words and properties."""
    from docx import Document

    document = Document()
    document.core_properties.title = "A lamp"
    document.add_heading("The lamp", 1)
    document.add_paragraph("The lamp was given up because ships carry radio beacons.")
    document.add_paragraph().add_run("not this").font.hidden = True
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "1", "2"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@cache
def docx_parts() -> dict[str, bytes]:
    """The same, unpacked: broken in here it is still an archive."""
    with zipfile.ZipFile(io.BytesIO(docx())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    """Parts of a Word document as a file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()
