"""Words of others on a page: names of files and runs, and errors that repeat them.

Streamlit reads most text as Markdown, and a file may be called anything.
"""

from deepmusic import public

_MARKUP = r"\`*_{}[]()<>#+-.!|~:$"

#: Of these, what means nothing within a sentence.
_PUNCTUATION = "().-+!"


def plain(text: str, *, but: str = "") -> str:
    """Escape what Markdown would take for markup, except for the letters in `but`."""
    return "".join(
        f"\\{letter}" if letter in _MARKUP and letter not in but else letter for letter in text
    )


def message(error: Exception | str) -> str:
    """Return what an error says, as Markdown; in public, without the folders of this machine."""
    return plain(public.without_folders(str(error)), but=_PUNCTUATION)
