"""Memory of songs that are gone, given back to the machine."""

import ctypes
import threading
import time

import streamlit as st

#: In s; giving back takes some 2 ms.
_PAUSE = 3.0


@st.cache_resource(show_spinner=False)
def give_back_freed() -> bool:
    """Give back, every few seconds, what this server has freed; return whether it has to.

    The GNU C library's allocator keeps freed memory, in a pool for each thread, and Streamlit runs
    each page in a thread of its own: 140 MB after 120 songs. Other allocators give it back.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return False

    def give_back() -> None:
        while True:
            time.sleep(_PAUSE)
            library.malloc_trim(0)

    threading.Thread(target=give_back, name="give-back-memory", daemon=True).start()
    return True
