"""Lists in CSV files: read whole, or refused with the line."""

import pytest

from deepmusic.data.table import read_cells, read_rows
from deepmusic.errors import DatasetError

REQUIRED, OPTIONAL = ("path", "genre"), ("title",)
ROWS = [("a.wav", "rock", "A"), ("b.wav", "pop", "B")]


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a list out of text or bytes: (line, path, genre, title)."""

    def read_list(content, encoding="utf-8"):
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return [(line, *row.values()) for line, row in read_rows(path, REQUIRED, OPTIONAL)]

    return read_list


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_delimiters_line_ends_and_encodings_are_recognised(delimiter, ending, encoding, read):
    lines = ["Path , GENRE,title,,other", "a.wav,rock,A,,x", "", ",,,,", "b.wav,pop,B", ""]
    text = ending.join(lines).replace(",", delimiter)
    assert read(text, encoding) == [(2, *ROWS[0]), (5, *ROWS[1])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sep=;\npath;genre;title\na.wav;rock;A,B\n", "A,B"),
        ('"path","genre","title"\n"a.wav","rock","A,B"\n', "A,B"),
        ('path, genre, title\na.wav, rock, "A, ""B"""\n', 'A, "B"'),
        ('path,genre,title\na.wav,rock,7" mix\n', '7" mix'),
        ("title,genre,path\n,rock,a.wav\n", ""),
        ("path,genre,a;b;c;d\na.wav,rock,x\n", ""),
        *((f'path,genre,title\na.wav,rock,"1{mark}2"\n', f"1{mark}2") for mark in ("\n", "\r\n")),
        *(
            (f"path,genre,title\na.wav,rock,1{mark}2\n", f"1{mark}2")
            for mark in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")
        ),
        (f"path,genre,title\na.wav,rock,{'x' * 1_000_000}\n", "x" * 1_000_000),
    ],
)
def test_cells_hold_any_text(text, found, read):
    assert [row[1:] for row in read(text)] == [("a.wav", "rock", found)]


@pytest.mark.parametrize("word", ["None", "NA", "nan", "null", "N/A", "NaN", "-", "0", "True"])
def test_words_for_nothing_are_words(word, read):
    assert read(f"path,genre,title\n{word},{word},{word}\n") == [(2, word, word, word)]


HEAD = "path,genre,title\na.wav,rock,A\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no column genre and no path"),
        ("\n\n", "no column genre and no path"),
        ("path;label\n", "no column genre"),
        ("path,genre,Genre\na.wav,rock,pop\n", "column genre twice"),
        (HEAD + 'b.wav,"pop, rock","Heroes\n', "line 3: the row must have 3 cells. Received: 4"),
        (HEAD + "b.wav,pop,Hello, Goodbye\n", "line 3: the row must have 3 cells. Received: 4"),
        (HEAD.encode() + b"b.wav,pop,\x00\n", "line 3: there are bytes of zero"),
        (HEAD.encode("utf-16-le"), "line 1: there are bytes of zero"),
        (HEAD.encode() + b"b.wav,pop,caf\xe9\n", "line 3: this is no text in UTF-8"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x10", "line 1: this is no text in UTF-8"),
        (HEAD + "x" * (1 << 24), "line 3: a line may have"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_named_by_its_line(content, words, read):
    with pytest.raises(DatasetError) as caught:
        read(content)
    assert words in str(caught.value)


def test_rows_of_any_table_are_read_line_by_line(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,"b\n,,c"\n\nd\n"e')
    rows = read_cells(path)
    assert [next(rows), next(rows), next(rows)] == [["a", "b\n,,c"], [], ["d"]]
    with pytest.raises(DatasetError, match="line 5: the row is no CSV"):
        next(rows)


@pytest.mark.parametrize(
    ("rows", "titles"),
    [
        (['b,pop,"Heroes', "c,pop,x"], ['"Heroes', "x"]),
        (['b,pop,"Heroes'], ['"Heroes']),
        (['b,pop,"Heroes', "c,pop,x", 'd,pop,"y"', 'e,pop,Foo"'], ['"Heroes', "x", "y", 'Foo"']),
        (['b,pop,"Heroes', 'c,pop,x"', 'd,pop,""y""'], ['"Heroes', 'x"', '""y""']),
        (['b,pop,"He" roes', "c,pop,x"], ['"He" roes', "x"]),
        (['b,pop,"one', '"', "c,pop,x"], ["one", "x"]),
        (['b,pop,"one', "", 'two"', 'c,pop,"three'], ["one\n\ntwo", '"three']),
        (['"b,pop,y', 'c,"pop,x', 'd,pop,"z'], ["y", "x", '"z']),
        (['b,pop,"Heroes', *(f"c{n},pop,x" for n in range(6000))], ['"Heroes', *["x"] * 6000]),
        ([f'b{n},pop,"x' for n in range(6000)], ['"x'] * 6000),
    ],
    ids=range(10),
)
def test_a_quotation_mark_left_open_swallows_no_rows(rows, titles, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    remarks = []
    found = list(read_rows(path, REQUIRED, OPTIONAL, remarks=remarks))
    assert [row["title"] for _, row in found] == ["A", *titles]
    for line, row in found:
        assert row["path"].strip('"') == path.read_text().split("\n")[line - 1].split(",")[0].strip(
            '"'
        )
    told = [int(remark.partition("line ")[2].partition(":")[0]) for remark in remarks]
    assert told == [line for line, row in found if '"' in "".join(row.values())[:-1]]


def test_lines_of_nothing_but_quotation_marks_are_read_in_linear_time(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEAD + '"x\n' + "x\n" * 50_000)
    assert len(list(read_rows(path, REQUIRED, OPTIONAL))) == 50_002
