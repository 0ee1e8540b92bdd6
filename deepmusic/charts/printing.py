"""Pages to print, each one HTML file that needs no internet."""

from collections.abc import Iterable

#: For screens of any width, and for paper of any format: browsers print A4 and Letter alike.
_STYLE = """
* { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 56rem; margin: 1.5rem auto;
  padding: 0 1rem; color: #1c1a27; background: #fff; }
h1 { font-size: 1.6em; margin: 0 0 0.5em; line-height: 1.2; }
h2 { font-size: 1.2em; margin: 1.4em 0 0.3em; break-after: avoid; }
p { margin: 0.4em 0; }
small { color: #5d5969; font-size: 0.85em; }
section, table, .network { break-inside: avoid; }
.networks { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
  gap: 1rem 1.5rem; }
.networks h3 { font-size: 1em; margin: 0.3em 0; }
.networks p { font-size: 0.95em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.25em 0.6em 0.25em 0; border-bottom: 1px solid #dcdae6; }
th { font-weight: 600; font-size: 0.85em; vertical-align: bottom; }
td:first-child { overflow-wrap: break-word; max-width: 12em; }
.confusion { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: center; }
.matrix { width: auto; font-size: 0.8em; }
.matrix th, .matrix td { border: 1px solid #fff; padding: 0; min-width: 2em; height: 2em;
  text-align: center; font-weight: 400; font-size: 1em; }
.matrix th[scope=row] { text-align: right; padding-right: 0.5em; }
.matrix th[scope=col] { writing-mode: vertical-rl; transform: rotate(180deg); height: auto;
  padding-bottom: 0.5em; text-align: left; }
.answer div { height: 2.2em; border-bottom: 1px solid #a5a2b3; }
.who { display: flex; gap: 1rem; margin-bottom: 1.2em; }
.who span { flex: 1; border-bottom: 1px solid #a5a2b3; }
@page { margin: 14mm; }
@media print { body { font-size: 10.5pt; max-width: none; margin: 0; padding: 0; }
  .networks { grid-template-columns: repeat(3, 1fr); font-size: 0.9em; } }
.hour { break-inside: auto; font-size: 0.92em; line-height: 1.35; }
.hour td { vertical-align: top; padding-right: 1em; }
.hour tr { break-inside: avoid; }
.hour td:first-child { white-space: nowrap; }
.question { break-inside: avoid; margin-top: 0.8em; }
.question small { display: inline-block; min-width: 6.5em; }
.question .answer div { height: 1.75em; }
.fill { table-layout: fixed; }
.fill :is(th, td) { height: 1.75em; border: 1px solid #a5a2b3; padding: 0.1em 0.5em; }
@media (max-width: 40rem) { .scores { font-size: 0.85em; } .matrix { font-size: 0.7em; }
  .scores :is(th, td):nth-child(3) { display: none; } }
"""

#: What a student fills in first.
NAME_AND_DATE = '<div class="who">Name <span></span> Date <span></span></div>'


def page(title: str, parts: Iterable[str]) -> str:
    """Return HTML parts as one page, with the style of all pages to print."""
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>DeepMusic: {title}</title><style>{_STYLE}</style></head><body>",
            *parts,
            "</body></html>",
        ]
    )


def lines(count: int) -> str:
    """Return room for an answer, of some lines."""
    return f'<div class="answer">{"<div></div>" * count}</div>'
