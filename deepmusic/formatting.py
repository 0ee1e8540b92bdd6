"""Text for people and tables: times, durations, percentages, sizes, file names."""

import os


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


def format_name(path: str | os.PathLike[str]) -> str:
    r"""Return a file's name as text to store and print, with bytes that are no UTF-8 escaped.

    >>> print(format_name(os.fsdecode(b"caf\xe9.wav")))
    caf\xe9.wav
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")
