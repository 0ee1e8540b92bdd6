"""Text for people and tables: genres, times, durations, percentages, sizes, file names, CSV."""

import csv
import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: What a spreadsheet takes for a formula (OWASP, "CSV Injection"), behind spaces and quotes too.
_FORMULA = re.compile(
    "[\\s'\"]*[-=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]|'*[\\t\\r\\n]"
)


def format_clock(seconds: float, digits: int = 0) -> str:
    """Return a time in a song as minutes and seconds.

    >>> format_clock(65), format_clock(65.25, digits=1)
    ('1:05', '1:05.2')
    """
    scale = 10**digits
    minutes, rest = divmod(round(seconds * scale), 60 * scale)
    return f"{minutes}:{rest / scale:0{digits + 3 if digits else 2}.{digits}f}"


def format_duration(seconds: float) -> str:
    """Return a duration as people say it.

    >>> format_duration(40), format_duration(720), format_duration(12000)
    ('40 s', '12 min', '3 h 20 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def format_percent(share: float | None, digits: int = 0, space: str = " ") -> str:
    """Return a share of 1 as a percentage; an en dash where there is none.

    >>> format_percent(0.791), format_percent(0.791, digits=1)
    ('79 %', '79.1 %')
    """
    return "\N{EN DASH}" if share is None else f"{100 * share:.{digits}f}{space}%"


#: Genres whose names in files and addresses are not written as people write them.
GENRE_LABELS = {"hiphop": "hip-hop"}


def format_genre(genre: str) -> str:
    """Return a genre as people write it; files, addresses and JSON keep its name.

    >>> format_genre("hiphop"), format_genre("jazz")
    ('hip-hop', 'jazz')
    """
    return GENRE_LABELS.get(genre, genre)


def format_bytes(count: float) -> str:
    """Return a size in decimal units, as file managers show it.

    >>> format_bytes(900), format_bytes(1_230_000), format_bytes(7.4e9)
    ('900 bytes', '1.2 MB', '7.4 GB')
    """
    if count < 1000:
        return f"{count:.0f} bytes"
    power = 1 if count < 999.95e3 else 2 if count < 999.95e6 else 3
    count /= 1000**power
    return f"{count:.{1 if count < 10 else 0}f} {('kB', 'MB', 'GB')[power - 1]}"


#: What is no text (bytes of names that are no UTF-8) or steers a terminal: control characters, and
#: marks that change the direction of writing.
_NOT_PLAIN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def format_name(path: str | os.PathLike[str]) -> str:
    r"""Return a file's name as text to store and print, one name for each text.

    Bytes that are no UTF-8 and what `format_plain` disarms are written as ``\xe9``, ``\n`` or
    ``\u202e``, and a backslash as ``\\``. `parse_name` gives the name back.

    >>> print(format_name(os.fsdecode(b"caf\xe9.wav")))
    caf\xe9.wav
    """
    name = os.fsencode(path).decode("utf-8", "surrogateescape")
    return format_plain(name.replace("\\", r"\\"))


def parse_name(text: str) -> str:
    r"""Return the name that `format_name` wrote.

    >>> parse_name(r"caf\xe9.wav") == os.fsdecode(b"caf\xe9.wav")
    True
    """
    codes = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}

    def original(match: re.Match[str]) -> str:
        code = match[1]
        if code in codes:
            return codes[code]
        number = int(code[1:], 16)
        return chr(number + 0xDC00 if code[0] == "x" and number > 0x7F else number)

    return re.sub(r"\\([nrt\\]|x[0-9a-f]{2}|u[0-9a-f]{4})", original, text)


def format_plain(text: object) -> str:
    r"""Return a text on one line, with escapes for what is no text or could steer a terminal.

    >>> print(format_plain("a\x1b[2J\n"))
    a\x1b[2J\n
    """
    return _NOT_PLAIN.sub(lambda match: _escape(match[0]), str(text))


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"  # A byte of a name, as Python reads names.
    if number < 0x80:
        return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character, f"\\x{number:02x}")
    return f"\\u{number:04x}"


def to_csv(table: "pd.DataFrame", *, header: bool = True, float_format: str | None = None) -> str:
    """Return a table as CSV, without its index; gaps stay empty. All our tables are written so.

    Names of files and tags come from anywhere, and a spreadsheet calculates what begins like a
    formula; such a text, also as a column's name, gets an apostrophe before it, which spreadsheets
    take for "this is text". `from_csv` takes it away.
    """
    import pandas as pd

    # As objects, since Arrow's strings refuse what is no Unicode in a file's name.
    columns = {
        _disarm(name): column.reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(column)
        else pd.Series([_disarm(cell) for cell in column], dtype=object)
        for name, column in table.items()
    }
    write = partial(
        pd.DataFrame(columns).to_csv,
        index=False,
        header=header,
        lineterminator="\n",
        float_format=float_format,
    )
    text = write()
    # Python's csv leaves a carriage return unquoted, which ends a row for all who read it.
    return write(quoting=csv.QUOTE_ALL) if "\r" in text else text


def from_csv(path: "os.PathLike[str]", text_columns: "tuple[str, ...]") -> "pd.DataFrame":
    """Read a table that `to_csv` wrote, exactly as it was.

    Text stays text (a track may be called 000002, a genre None or NA); empty is NaN. Raises
    `OSError` or `ValueError` if it cannot be read.
    """
    import pandas as pd

    types = dict.fromkeys(text_columns, str)
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values="")
    table = table.rename(columns=_arm)
    for name in table.columns.intersection(list(text_columns)):
        table[name] = table[name].map(_arm, na_action="ignore")
    return table


def _disarm(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _arm(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
