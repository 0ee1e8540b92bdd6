"""Steps 1 to 3: sound, its spectrogram, and mel and decibel."""

import streamlit as st

from deepmusic.audio import encode, features, scales
from deepmusic.charts.lesson import spectrogram_chart, stft_chart, waveform_chart
from deepmusic.formatting import format_clock
from deepmusic.ui import cache
from deepmusic.ui.lesson.context import Content, LessonContext

_SAMPLE_RATE = 22_050

#: By scale: what its tones are called.
_SCALES = {
    scales.HERTZ: "Equal steps in **Hz**",
    scales.MEL: "Equal steps in **mel**",
    scales.DECIBEL: "6 **dB** less each",
}


def waveform(lesson: LessonContext) -> Content:
    """Show the samples."""
    lowest, highest = lesson.outline
    seconds = lesson.view.duration
    return (
        f"This clip is {_SAMPLE_RATE * seconds:,.0f} numbers, its samples. They show where it is "
        "loud, but hardly which notes sound.",
        waveform_chart(lowest, highest, seconds, lesson.span),
        f"Waveform of the clip, {seconds:.0f} s",
    )


def stft(lesson: LessonContext) -> Content:
    """Show the short-time Fourier transform of the window by the class's settings."""
    with lesson.knobs:
        n_fft = st.select_slider(
            "n_fft: samples a frame",
            [256, 512, 1024, 2048, 4096, 8192],
            value=2048,
            key="lesson_n_fft",
            width=240,
            persist_state="session",
        )
        hop = st.select_slider(
            "hop: samples to the next",
            [128, 256, 512, 1024, 2048],
            value=512,
            key="lesson_hop",
            width=240,
            persist_state="session",
        )
    song = cache.decode_song(lesson.song).song
    start, end = lesson.span
    samples = song.samples[round(start * song.sample_rate) : round(end * song.sample_rate)]
    decibels = features.stft_decibels(samples, n_fft, hop)
    n_bins, n_frames = decibels.shape
    return (
        f"One of {1000 * n_fft / song.sample_rate:.0f} ms has <b>{n_bins:,} frequencies</b>, "
        f"{song.sample_rate / n_fft:.0f} Hz apart; {n_frames} of them make this spectrogram.",
        stft_chart(samples, decibels, start, end - start, n_fft / song.sample_rate),
        f"Waveform of the window, and its spectrogram of {n_bins:,} frequencies by {n_frames} "
        "frames; one frame is marked",
    )


def log_mel(lesson: LessonContext) -> Content:
    """Show the log-mel spectrogram, and play what mel and dB are."""
    with lesson.knobs:
        for scale, title in _SCALES.items():
            with st.container(width=180, gap=None):
                st.markdown(title)
                sound = encode.encode_wav(scales.play(scale), _SAMPLE_RATE)
                st.audio(sound, format="audio/wav", alt=f"Eight tones: {title.replace('*', '')}")
    view, start = lesson.view, format_clock(lesson.window.start)
    return (
        f"The networks read windows of {lesson.window.seconds:.0f} s; the framed one, from "
        f"{start}, follows.",
        spectrogram_chart(view.spectrogram, view.duration, view.frequency_ticks, lesson.span),
        "Log-mel spectrogram: time runs to the right, pitch upwards, bright is loud; the window "
        f"from {start} is framed",
    )
