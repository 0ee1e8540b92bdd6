"""Lists in CSV files, by one set of rules. What cannot be read is named by its line, never lost."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

from deepmusic.errors import DatasetError

#: Excel writes semicolons where commas are decimal points, and tabs as "Unicode Text".
_DELIMITERS = ",;\t|"

#: What files in UTF-16 and UTF-32 begin with, the longer ones first.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

#: Characters of a line and of a cell: FMA's biographies are longer than the csv module expects.
_LONGEST = 1 << 24
csv.field_size_limit(_LONGEST)

#: Lines of a row, whose cells may have line breaks.
_MOST_LINES = 100


def read_rows(
    path: Path,
    required: Collection[str],
    optional: Collection[str] = (),
    *,
    remarks: list[str] | None = None,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a list: the line on which each begins, and its cells by column.

    The header tells the delimiter; its case and spaces do not matter, nor do columns of other
    names. Empty rows are left out, and cells that a row lacks at its end are empty. A quotation
    mark that is not closed before the next row is a character of its cell, and swallows no rows.

    Parameters
    ----------
    path : Path
        In UTF-8, or in UTF-16 or UTF-32 with a byte order mark.
    required, optional : collection of str
        Names of the columns, in lower case.
    remarks : list of str, optional
        Gets a sentence on each quotation mark that is not closed.

    Raises
    ------
    DatasetError
        If a column is missing or there twice, or a row cannot be read: it has too many cells, or
        bytes that are no text.
    """
    first = _first_line(path)
    hint = re.match(r'"?sep=(.)', first)  # Excel's own line before the header.
    delimiter = hint[1] if hint else _sniff(first, required)
    rows = _read(path, delimiter, remarks)
    if hint:
        next(rows)
    names = _clean(next(rows, (1, []))[1])
    known = (*required, *optional)
    if missing := sorted(set(required) - set(names)):
        raise DatasetError(
            f"{path} has no column {' and no '.join(missing)}. Name the columns in the first line. "
            f"Received: {', '.join(names)[:200] or 'nothing'}"
        )
    if doubled := [name for name in known if names.count(name) > 1]:
        raise DatasetError(f"{path} has the column {doubled[0]} twice. Rename or delete one.")
    for line, cells in rows:
        if any(cell.strip() for cell in cells[len(names) :]):
            raise DatasetError(
                f"{path}, line {line}: the row must have {len(names)} cells. Received: "
                f"{len(cells)}. Put a cell that holds the delimiter ({delimiter!r}) in quotation "
                "marks."
            )
        by_name = dict(zip(names, map(str.strip, cells), strict=False))
        yield line, {name: by_name.get(name, "") for name in known}


def read_cells(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a well-formed CSV with commas, line by line.

    Raises `DatasetError`, with the line, where it is not well-formed.
    """
    line = 1
    try:
        with _open(path) as file:
            rows = csv.reader(_lines(file, path), strict=True)
            for cells in rows:
                yield cells
                line = rows.line_num + 1
    except UnicodeError as error:
        raise _no_text(path) from error
    except csv.Error as error:
        raise DatasetError(f"{path}, line {line}: the row is no CSV ({error}).") from error


def _read(path: Path, delimiter: str, remarks: list[str] | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold more than spaces, as `read_rows` promises."""
    parse = partial(csv.reader, delimiter=delimiter, skipinitialspace=True)
    width, line = 0, 1
    try:
        with _open(path) as file:
            lines = _lines(file, path)
            ahead: deque[str] = deque()  # Read already, and not yet taken.
            while first := ahead.popleft() if ahead else next(lines, ""):
                taken = [first]
                source = _lines_of_row(taken, ahead, lines, delimiter, width)
                try:
                    cells = next(parse(source, strict=True), [])
                except csv.Error:
                    ahead.extendleft(reversed(taken[1:]))
                    del taken[1:]
                    cells = next(parse([first], quoting=csv.QUOTE_NONE), [])
                    if remarks is not None:
                        remarks.append(
                            f"{path}, line {line}: a quotation mark that is not closed was read as "
                            "text."
                        )
                width = width or len(cells)
                if any(map(str.strip, cells)):
                    yield line, cells
                line += len(taken)
    except UnicodeError as error:
        raise _no_text(path) from error


def _lines_of_row(
    taken: list[str], ahead: deque[str], lines: Iterator[str], delimiter: str, width: int
) -> Iterator[str]:
    """Yield the line in `taken`, and what follows it while a quotation mark is open."""
    yield taken[0]
    while line := ahead.popleft() if ahead else next(lines, ""):
        taken.append(line)
        if len(taken) > _MOST_LINES or line.count(delimiter) >= width - 1:
            raise csv.Error("here begins another row")
        yield line


def _no_text(path: Path) -> DatasetError:
    line = _undecodable(path)
    return DatasetError(f"{path}, line {line}: this is no text in UTF-8. Save it as CSV UTF-8.")


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        head = file.read(4)
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8-sig")
    return path.open(encoding=encoding, newline="")


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Yield lines; raise `DatasetError` for one that no text has."""
    number = 1
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise DatasetError(
                f"{path}, line {number}: a line may have {_LONGEST:,} characters. Is it a CSV?"
            )
        if "\0" in line:
            raise DatasetError(
                f"{path}, line {number}: there are bytes of zero, which no text has. Save it as "
                "CSV UTF-8."
            )
        yield line
        number += 1


def _first_line(path: Path) -> str:
    """Return the first line that holds more than spaces, if it can be decoded."""
    try:
        with _open(path) as file:
            return next((line for line in _lines(file, path) if line.strip()), "")
    except UnicodeError:
        return ""  # `_read` says where.


def _undecodable(path: Path) -> int:
    """Return the number of the first line that is no UTF-8, or 1."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _sniff(header: str, required: Collection[str]) -> str:
    """Return the delimiter by which a header has most of the required columns."""

    def found(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        return len(set(required) & set(_clean(cells)))

    return max(_DELIMITERS, key=found)


def _clean(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]
