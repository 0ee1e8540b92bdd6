"""Compute what the Dataset page shows to those without GTZAN: ``assets/gtzan/*.csv``.

Run with ``python tools/map_gtzan.py``, where DEEPMUSIC_GTZAN names all of GTZAN.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deepmusic.config import FRONT_ENDS
from deepmusic.data import Gtzan, explore
from deepmusic.files import write_atomically
from deepmusic.library import embeddings


def main() -> None:
    """Write the map of GTZAN's clips and the spectra of its genres."""
    dataset = Gtzan.from_environment()
    log_mels = dataset.log_mels(dataset.tracks, FRONT_ENDS["compact"]).by_track
    vectors = embeddings.embed_clips(log_mels, embeddings.load_networks())
    table = explore.draw_map(vectors, log_mels)
    write_atomically(explore.SHIPPED / "map.csv", table.to_csv(float_format="%.3f"))
    spectra = explore.spectra(log_mels, dataset).rename_axis("genre")
    write_atomically(explore.SHIPPED / "spectra.csv", spectra.to_csv(float_format="%.2f"))
    print(f"{explore.SHIPPED}: a map of {len(table)} clips, spectra of {len(spectra)} genres")


if __name__ == "__main__":
    main()
