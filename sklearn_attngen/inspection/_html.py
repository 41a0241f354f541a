"""Pieces of a standalone HTML page: escaped text, tables, pictures inside the page."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# Neither XML nor a browser can show these.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DPI = 150

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1c1c1c;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main, header, nav { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-top: .6rem;
  border-top: 2px solid #0072b2; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .3rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; }
a { color: #005a8e; }
.lead { font-size: 1.05rem; }
.note { background: #f3f5f7; border-left: 4px solid #6e6e6e; padding: .5rem .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0 1rem; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .22rem .8rem .22rem 0;
  border-bottom: 1px solid #ddd; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.code, pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; }
pre { background: #f3f5f7; padding: .7rem; overflow-x: auto; white-space: pre-wrap; }
figure { margin: 1rem 0 1.4rem; }
figure img { max-width: 100%; height: auto; }
figcaption { font-size: .92rem; color: #444; }
footer { max-width: 60rem; margin: 3rem auto 2rem; padding: 0 1.25rem; color: #555;
  font-size: .88rem; }
@media print { nav { display: none; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""


def escape(value: Any) -> str:
    """Return text that cannot be taken for markup."""
    return html.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value)))


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
    kinds = dict.fromkeys(numbers, ' class="number"') | dict.fromkeys(code, ' class="code"')
    head = "".join(
        f'<th scope="col"{kinds.get(i, "").replace("code", "")}>{escape(text)}</th>'
        for i, text in enumerate(header)
    ).replace(' class=""', "")
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{escape(row[0])}</th>']
        cells += [f"<td{kinds.get(i, '')}>{escape(x)}</td>" for i, x in enumerate(row) if i]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def picture(figure: Any, *, alt: str, caption: str) -> str:
    """Return a matplotlib figure as a picture inside the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor="white")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = round(96 * figure.get_size_inches()[0])
    return (
        f'<figure><img alt="{escape(alt)}" width="{width}" src="data:image/png;base64,{data}" />'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


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


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: what was there stays until the new one is complete."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
