"""Memory of songs and visitors that are gone, given back to the machine."""

import ctypes
import threading
import time
from typing import Any

import streamlit as st

from deepmusic.ui.cache.songs import decoded_songs

#: In s; giving back takes some 2 ms.
_PAUSE = 3.0


@st.cache_resource(show_spinner=False)
def give_back_freed() -> None:
    """Give back, every few seconds, the memory of visitors who left, and of their songs.

    The GNU C library's allocator keeps freed memory, in a pool for each thread, and Streamlit runs
    each page in a thread of its own: 140 MB after 120 songs. Other allocators give it back.
    (A fixed `M_MMAP_THRESHOLD` of 1 MB kept 60 MB less, and made an answer half as slow again.)
    """
    library = ctypes.CDLL(None)
    songs = decoded_songs()

    def give_back() -> None:
        while True:
            time.sleep(_PAUSE)
            songs.let_go()
            forget_visitors()
            if hasattr(library, "malloc_trim"):
                library.malloc_trim(0)

    threading.Thread(target=give_back, name="give-back-memory", daemon=True).start()


def forget_visitors() -> None:
    """Forget those who left longer than `server.disconnectedSessionTTL` ago, with their files.

    Streamlit itself looks for them when the next visitor leaves, which may be never; and its loop
    keeps hold of the last one, whose songs are therefore taken away here.
    """
    if not st.runtime.exists():
        return
    visitors: Any = st.runtime.get_instance()._session_mgr
    with visitors._storage_lock:
        left = visitors._session_storage._cache.expire()
    for _, visitor in left:
        visitor.session.shutdown()
        visitor.session.session_state.clear()
