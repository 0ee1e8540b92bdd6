"""Names that files may have, and that no command or page may stumble over."""

import os

#: Each is a name of a WAV file that Linux allows, as bytes.
NAMES = {
    "latin-1": b"caf\xe9.wav",
    "half a character": b"\xf0\x9f\x8e.wav",
    "line break": b"a\nb.wav",
    "carriage return": b"a\rb.wav",
    "tab": b"\ta.wav",
    "window title": b"\x1b]0;owned\x07.wav",
    "screen clearing": b"\x1b[2J\x1b[31m.wav",
    "C1 control": "\x9b31m\x85.wav".encode(),
    "delete": b"a\x7f\x08.wav",
    "right to left": "\u202egnp.wav".encode(),
    "line separator": "a\u2028b.wav".encode(),
    "dash": b"--help.wav",
    "formula": b"=1+1.wav",
    "quotes": b"a\"b'c`d$e.wav",
    "backslash": b"caf\\xe9.wav",
    "markdown": b"[a](b) **c** <d>.wav",
    "pattern": b"[a-c]*?.wav",
    "space": b" a b .wav",
    "255 bytes": b"x" * 251 + b".wav",
    "accent": "Motörhead 🎸.WAV".encode(),
}

#: The same, as Python names them.
DECODED = {key: os.fsdecode(name) for key, name in NAMES.items()}

#: Characters that may not reach a terminal, but for those that end lines.
HARMFUL = {
    *map(chr, [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)]),
    *("\u2028", "\u2029", "\t"),
}
