"""Everything that the app caches between reruns; nothing is cached elsewhere.

Streamlit hashes large arrays by sampling, so that a changed song could pass for the old one. Keys
are therefore names, times of files, and the SHA-256 of a file's bytes.
"""

from deepmusic.ui.cache import teach
from deepmusic.ui.cache.datasets import (
    dataset_version,
    find_dataset,
    gtzan,
    gtzan_part,
    open_dataset,
)
from deepmusic.ui.cache.excitement import (
    activations,
    mean_activations,
    play_part,
    unit_activations,
)
from deepmusic.ui.cache.library import (
    analyze_song,
    cover,
    demo_index,
    find_known_clips,
    find_similar_clips,
    gtzan_index,
    library_index,
    place_on_map,
)
from deepmusic.ui.cache.models import (
    asks_pretrained,
    is_own,
    layer_table,
    networks,
    networks_ready,
    own_runs,
    shipped_evaluation,
    use_run,
)
from deepmusic.ui.cache.rooms import all_rooms
from deepmusic.ui.cache.songs import (
    answer_song,
    branch_states,
    classify_by_all,
    classify_by_fma,
    classify_song,
    decode_song,
    decoded_songs,
    explain_passage,
    explain_song,
    layer_activations,
    outline_and_windows,
    play_file,
    tagged_name,
    view_song,
)
from deepmusic.ui.cache.what_if import changed_sound, what_if, what_if_answer, what_if_by
