"""Teaching classes of one's own: what is learnt, measured and warned of."""

import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from deepmusic.audio import load_song, song_from_array, synth
from deepmusic.audio.encode import encode_wav
from deepmusic.config import GTZAN_GENRES
from deepmusic.data.fingerprints import fingerprint
from deepmusic.data.labelled import LabelledSound
from deepmusic.errors import DatasetError, ModelError
from deepmusic.training.examples import Example, embed_sounds
from deepmusic.training.teach import teach

CENTRES = np.random.default_rng(1).normal(size=(12, 200))


def example(label: int | str, number: int, *, spread=0.5, centre=None, recording=""):
    """A made-up sound: three windows around the centre of its class."""
    index = label if isinstance(label, int) else int(centre)
    rng = np.random.default_rng([index, number])
    place = CENTRES[index] + spread * rng.normal(size=200)
    windows = place + 0.1 * rng.normal(size=(3, 200))
    name = f"{number}.wav"
    recording = recording or f"{label}/{name}"
    return Example(str(label), name, recording, f"{label} {number}", windows.astype(np.float32))


PIECES = [synth.play(genre, seconds=4, seed=8) for genre in GTZAN_GENRES[:8]]
UNKNOWN = song_from_array(synth.play("metal", seconds=4, seed=9), sample_rate=22_050, name="new")
ENCODINGS = (("MP3", 0.5), ("OGG", 0.2))


@pytest.fixture(scope="module")
def clips() -> list[Example]:
    """Made-up embeddings of two classes with the fingerprints of eight pieces."""
    found = [example(number // 4, number) for number in range(8)]
    songs = [song_from_array(one, sample_rate=22_050, name="piece") for one in PIECES]
    return [
        replace(one, fingerprint=fingerprint(song)) for one, song in zip(found, songs, strict=True)
    ]


def encoded(known: Example, kind: str, gain: float) -> Example:
    """The first piece in another encoding and level, with embeddings that changed by it."""
    file = io.BytesIO()
    soundfile.write(file, gain * PIECES[0], 22_050, format=kind)
    mark = fingerprint(load_song(file.getvalue(), name=kind))
    noise = np.random.default_rng(ord(kind[0])).normal(size=(3, 200))
    windows = (known.embeddings + 0.3 * noise).astype(np.float32)
    return Example(known.label, kind, f"{known.label}/{kind}", kind, windows, mark)


def examples(n_classes: int, n_sounds: int, **settings) -> list[Example]:
    return [
        example(label, number, **settings)
        for label in range(n_classes)
        for number in range(n_sounds)
    ]


def test_classes_apart_are_told_apart():
    taught = teach(examples(3, 5))
    assert taught.accuracy == 1
    assert taught.interval[0] < 1 == pytest.approx(taught.interval[1])
    assert taught.matrix.to_numpy().tolist() == (5 * np.eye(3)).tolist()
    assert taught.warnings == ()
    assert taught.classes.labels == ("0", "1", "2")
    assert taught.classes.facts["sounds"] == {"0": 5, "1": 5, "2": 5}


def test_more_recordings_than_are_left_out_one_by_one():
    taught = teach(examples(7, 10))
    assert len(taught.table) == 70
    assert taught.accuracy == 1


def test_a_sound_is_tested_by_heads_that_had_not_its_recording():
    """Each sound of one recording is alike, and unlike its class."""
    noise = np.random.default_rng(5).normal(size=(8, 200))
    found = []
    for label in range(2):
        for recording in range(4):
            for number in range(3):
                place = noise[4 * label + recording] + 0.01 * number
                windows = np.tile(place, (2, 1)) + 0.02 * CENTRES[number]
                name = f"{recording} {number}"
                group = f"{label}/{recording}"
                found.append(Example(str(label), name, group, f"{label}{name}", windows))
    apart = teach(found)
    leaking = teach([Example(e.label, e.name, e.digest, e.digest, e.embeddings) for e in found])
    assert leaking.accuracy == 1
    assert apart.accuracy < 0.7
    assert len(set(apart.table["recording"])) == 8


def test_classes_alike_are_named():
    same = [example("one", number, centre=0, spread=1) for number in range(8)]
    same += [example("two", number + 50, centre=0, spread=1) for number in range(8)]
    taught = teach([*same, *(example("far", number, centre=1) for number in range(8))])
    assert any("one and two are alike" in text for text in taught.warnings)
    assert not any("far" in text for text in taught.warnings)


def test_a_class_of_one_recording_is_not_tested():
    found = [*examples(2, 4), example(2, 0)]
    taught = teach(found)
    assert set(taught.table["genre"]) == {"0", "1"}
    assert any("2 has one recording only" in text for text in taught.warnings)


def test_one_recording_each_can_be_learnt_and_not_tested():
    taught = teach(examples(2, 1))
    assert taught.accuracy is taught.interval is None
    assert taught.table.empty
    assert len(taught.warnings) == 2


def test_copies_count_once():
    copies = [example(0, 0) for _ in range(20)]
    taught = teach([*copies, *examples(2, 4)])
    assert len(taught.table) == 8
    assert any("0: 20 sounds are copies" in text for text in taught.warnings)


def test_other_encodings_are_one_recording(clips):
    """Each is learnt; none is tested by what another one taught."""
    found = [*clips, *(encoded(clips[0], kind, gain) for kind, gain in ENCODINGS)]
    taught = teach(found)
    assert len(taught.table) == 8 + len(ENCODINGS)
    assert taught.table["recording"].nunique() == 8
    assert any("0: 2 sounds are copies of others in another encoding" in w for w in taught.warnings)
    assert taught.interval == teach(clips).interval


def test_a_song_it_learnt_from_is_known_and_can_be_left_out(clips):
    taught = teach(clips)
    song = song_from_array(
        np.concatenate([PIECES[1], PIECES[0], PIECES[2]]), sample_rate=22_050, name="all of it"
    )
    learnt = taught.find_learnt("another file", fingerprint(song))
    assert [one.name for one in learnt] == ["0.wav", "1.wav", "2.wav"]
    assert taught.find_learnt(clips[5].digest, fingerprint(UNKNOWN)) == [taught.examples[5]]
    assert taught.find_learnt("another file", fingerprint(UNKNOWN)) == []

    windows = clips[0].embeddings.mean(axis=0)
    sure, unsure = (
        classes._head.predict(windows[None])[0, 0]
        for classes in (taught.classes, taught.without(learnt[:1]))
    )
    assert sure > unsure > 0.5
    assert taught.without(taught.examples[:4]) is None
    assert taught.classes.has_learnt(clips[0].digest)
    assert not taught.classes.has_learnt("another file")


def test_a_sound_in_two_classes_is_told():
    twice = example(0, 0)
    other = Example("1", "again.wav", "1/again", twice.digest, twice.embeddings)
    taught = teach([*examples(2, 4), other])
    assert any("again.wav of 1 is the same sound as 0.wav of 0" in text for text in taught.warnings)


@pytest.mark.parametrize(
    ("found", "labels", "match"),
    [
        (examples(2, 3), ["0", "1", "empty"], "class empty has no sound"),
        (examples(1, 3), None, "2 to 20 classes are needed"),
        ([], None, "2 to 20 classes are needed"),
        (examples(2, 3), ["0", "1", "band", "Band "], "2 classes are called band"),
    ],
)
def test_what_cannot_be_learnt_is_refused(found, labels, match):
    with pytest.raises(DatasetError, match=match):
        teach(found, labels)


def test_a_name_is_needed():
    with pytest.raises(ModelError, match="1 to 60 characters"):
        teach(examples(2, 3), ["0", "1", " "])


def test_sounds_are_embedded_and_faults_told():
    sounds = [
        LabelledSound("a", "short.wav", encode_wav(synth.tone(440.0, seconds=1), 22_050)),
        LabelledSound("a", "text.wav", b"no sound at all"),
        LabelledSound("b", "click.wav", encode_wav(synth.tone(440.0, seconds=0.1), 22_050)),
    ]
    found, faults = embed_sounds(sounds)
    assert [one.name for one in found] == ["short.wav"]
    assert found[0].embeddings.shape == (1, 200)
    assert [fault.split()[0] for fault in faults] == ["text.wav", "click.wav"]
