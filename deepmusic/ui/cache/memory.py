"""Memory of songs and visitors that are gone, given back to the machine."""

import ctypes
import gc
import threading
import time
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from deepmusic.ui.cache.songs import decoded_songs

#: In s; giving back takes some 2 ms.
_PAUSE = 3.0

#: The program's own library of C, whose allocator NumPy, ONNX Runtime and Python share.
_C = ctypes.CDLL(None)
_IS_GNU = hasattr(_C, "mallopt") and hasattr(_C, "malloc_trim")
_C.malloc.restype = ctypes.c_void_p

#: Parameters of `mallopt`: free bytes at the end of a pool beyond which some are given back, and
#: bytes of a block from which on it lies in no pool.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: Their values: as the allocator itself has them after some songs; and the former as a page ends.
_TRIMMED, _MAPPED, _ENDING = 64 * 2**20, 32 * 2**20, 128 * 2**10


@st.cache_resource(show_spinner=False)
def give_back_freed() -> None:
    """Give back, every few seconds, the memory of visitors who left, and of their songs.

    The GNU C library's allocator keeps freed memory, in a pool for each thread, and Streamlit runs
    each page in a thread of its own: 140 MB after 120 songs. Other allocators give it back.
    (A fixed `M_MMAP_THRESHOLD` of 1 MB kept 60 MB less, and made an answer half as slow again.)
    """
    share_uploads()
    songs = decoded_songs()

    def give_back() -> None:
        while True:
            time.sleep(_PAUSE)
            songs.let_go()
            if forget_visitors():
                gc.collect()  # A visitor is part of cycles, and nobody else may come to collect.
            if _IS_GNU:
                _C.malloc_trim(0)

    threading.Thread(target=give_back, name="give-back-memory", daemon=True).start()


def give_back_end() -> None:
    """Give back the free end of this thread's pool, of which `malloc_trim` takes the rest alone.

    The allocator looks at the end when a block is freed. All pages end by this, since a lower
    threshold for their whole run costs a tenth of an answer's time.
    """
    if _IS_GNU:
        _C.mallopt(_M_MMAP_THRESHOLD, _MAPPED)  # Whoever sets one sets both.
        _C.mallopt(_M_TRIM_THRESHOLD, _ENDING)
        _C.free(ctypes.c_void_p(_C.malloc(_ENDING)))
        _C.mallopt(_M_TRIM_THRESHOLD, _TRIMMED)


def share_uploads() -> None:
    """Let copies of an uploaded file share its bytes.

    Streamlit copies the value of a widget in every rerun: of 182 MB, that took 0.3 s.
    """

    def share(file: UploadedFile, memo: dict[int, Any]) -> UploadedFile:
        record = UploadedFileRec(file.file_id, file.name, file.type, file.getvalue())
        return UploadedFile(record, file._file_urls)

    UploadedFile.__deepcopy__ = share  # type: ignore[attr-defined]


def forget_visitors() -> int:
    """Forget those who left longer than `server.disconnectedSessionTTL` ago; return how many.

    Streamlit itself looks for them when the next visitor leaves, which may be never; and its loop
    keeps hold of the last one, whose songs are therefore taken away here.
    """
    if not st.runtime.exists():
        return 0
    visitors: Any = st.runtime.get_instance()._session_mgr
    with visitors._storage_lock:
        left = visitors._session_storage._cache.expire()
    for _, visitor in left:
        visitor.session.shutdown()
        visitor.session.session_state.clear()
        # Its widgets may call functions that hold songs.
        visitor.session.session_state._new_widget_state.widget_metadata.clear()
    return len(left)
