"""Pieces of a standalone HTML page: escaped text, tables, pictures inside the page."""

from __future__ import annotations

import base64
import html
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# Neither XML nor a browser can show these; the last ones turn round what is read after them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_DPI = 150
# Words of more letters may be broken behind these signs.
_LONG, _JOINT = 16, re.compile(r"[-_.:|]+(?=.)")

# Pictures stay on white in the dark: their colours were chosen for it.
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1c1c1c; --soft: #444; --panel: #f3f5f7;
  --edge: #6e6e6e; --rule: #ddd; --accent: #0072b2; --link: #005a8e; --shade: #0004; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #16191d; --text: #e4e6e8;
  --soft: #b4b8bc; --panel: #23282e; --edge: #8a9097; --rule: #3a4047; --accent: #56b4e9;
  --link: #7cc4f0; --shade: #fff4; } figure img { border-radius: 4px; } }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main, header, nav { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-top: .6rem;
  border-top: 2px solid var(--accent); }
p, li { overflow-wrap: break-word; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; }
a { color: var(--link); }
.lead { font-size: 1.05rem; }
.note { background: var(--panel); border-left: 4px solid var(--edge); padding: .5rem .9rem; }
.caption { font-size: .92rem; font-weight: 600; margin: 1.1rem 0 .2rem; }
/* what is wider than the screen scrolls by itself; a shade at the edge tells that there is more */
.scroll { overflow-x: auto; margin-bottom: 1rem; background:
  linear-gradient(to right, var(--page) 30%, transparent) left / 2.5rem 100% no-repeat local,
  linear-gradient(to left, var(--page) 30%, transparent) right / 2.5rem 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / .6rem 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), transparent) right / .6rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .22rem .8rem .22rem 0;
  border-bottom: 1px solid var(--rule); }
thead th { vertical-align: bottom; }
th[scope="row"] { min-width: 6rem; overflow-wrap: break-word; }
td { min-width: 3rem; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
td.code, p.code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; }
figure { margin: 1rem 0 1.4rem; } figure .scroll { margin: 0; }
figure img { display: block; max-width: 100%; height: auto; background: #fff; }
figure .scroll img { max-width: max(100%, 40rem); }
figcaption { font-size: .92rem; color: var(--soft); margin-top: .3rem; }
footer { max-width: 60rem; margin: 3rem auto 2rem; padding: 0 1.25rem; color: var(--soft);
  font-size: .88rem; }
@media (max-width: 30rem) { main, header, nav, footer { padding-left: 1rem; padding-right: 1rem; }
  table { font-size: .85rem; } th, td { padding-right: .6rem; } }
/* paper does not scroll or open: tables of many classes get as narrow as they must */
@media print { nav { display: none; } h2, .caption { break-after: avoid; }
  figure, tr { break-inside: avoid; } figure .scroll img { max-width: 100%; }
  .scroll { background: none; overflow: visible; } table { font-size: .8rem; }
  th, td { padding-right: .5rem; } td { min-width: 0; } thead th + th { overflow-wrap: anywhere; }
  details::details-content { content-visibility: visible; } }
"""


def escape(value: Any) -> str:
    """Return text that cannot be taken for markup."""
    return html.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def name_cell(value: Any) -> str:
    """Return text that cannot be taken for markup, and that long words of it may be broken in.

    After the signs that names are put together with, rather than in the middle of a word.
    """
    words = (
        _JOINT.sub(r"\g<0><wbr />", word) if len(word) > _LONG else word
        for word in escape(value).split(" ")
    )
    return " ".join(words)


def paragraph(text: str, kind: str | None = None) -> str:
    """Return a paragraph of plain text; ``kind`` is a class of the style sheet."""
    attribute = "" if kind is None else f' class="{kind}"'
    return f"<p{attribute}>{escape(text)}</p>"


def bullets(items: Iterable[str]) -> str:
    """Return a list of plain texts."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    caption: str,
    numbers: Iterable[int] = (),
    code: Iterable[int] = (),
) -> str:
    """Return a table whose first column names the rows.

    ``numbers`` and ``code`` are the indices of columns that hold numbers or code.
    """
    right = dict.fromkeys(numbers, ' class="number"')
    kinds = right | dict.fromkeys(code, ' class="code"')
    head = "".join(
        f'<th scope="col"{right.get(i, "")}>{name_cell(text)}</th>' for i, text in enumerate(header)
    )
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{name_cell(row[0])}</th>']
        cells += [f"<td{kinds.get(i, '')}>{name_cell(x)}</td>" for i, x in enumerate(row) if i]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    # A caption of the table itself would scroll away with it. What scrolls can be reached by keys.
    name = f' aria-label="{escape(caption)}"'
    return (
        f'<div><p class="caption">{escape(caption)}</p>'
        f'<div class="scroll" role="region" tabindex="0"{name}><table{name}>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div></div>"
    )


def picture(figure: Any, *, alt: str, caption: str, letters: bool = False) -> str:
    """Return a matplotlib figure as a picture inside the page.

    It is no wider than the screen. One of single letters, which would be unreadable on a small
    screen, stays wide there and scrolls.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor="white")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    name = escape(alt)
    image = (
        f'<img alt="{name}" width="{width}" height="{height}" src="data:image/png;base64,{data}" />'
    )
    if letters:
        image = f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">{image}</div>'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def page(title: str, lead: Sequence[str], sections: Sequence[tuple[str, str]], footer: str) -> str:
    """Return a page of sections, (heading, markup) each, that loads nothing from anywhere."""
    names = [re.sub("[^a-z]+", "-", heading.lower()).strip("-") for heading, _ in sections]
    links = "".join(
        f'<li><a href="#{name}">{escape(heading)}</a></li>'
        for name, (heading, _) in zip(names, sections, strict=True)
    )
    parts = "\n".join(
        f'<section id="{name}"><h2>{escape(heading)}</h2>\n{content}</section>'
        for name, (heading, content) in zip(names, sections, strict=True)
    )
    # The policy makes a browser refuse whatever is not in the file, scripts included.
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'" />
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1>
{"".join(paragraph(text, "lead") for text in lead)}</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
{parts}
</main>
<footer>{escape(footer)}</footer>
</body>
</html>
"""


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that can be written, or say why it cannot, before the work."""
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder. Give the name of a file in it.")
    if not target.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"The folder {target.absolute().parent} does not exist. Make it first, or write "
            "elsewhere."
        )
    return target
