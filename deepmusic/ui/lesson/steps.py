"""The eight steps of the lesson: each one figure, a few sentences, a task and a question."""

import streamlit as st

from deepmusic.ui.lesson import answers, networks, playhead, sound
from deepmusic.ui.lesson.context import LessonContext, Step

STEPS = {
    "1": Step(
        "Sound",
        "What is sound to a computer?",
        sound.waveform,
        "Click into the waveform where it is loud.",
        "Could you name the genre from this curve alone?",
        r"Sample $n$ is the pressure at time $n / f_s$, with $f_s = 22050$ Hz. Frequencies up to "
        r"$f_s / 2$ can be told.",
    ),
    "2": Step(
        "STFT",
        "Which frequencies, and when?",
        sound.stft,
        "Make n_fft 256, then 8192: what blurs?",
        "Why can no setting be sharp in time and in pitch?",
        r"$X[k, m] = \sum_n x[n + m H]\, w[n]\, e^{-2\pi i k n / N}$ with $N$ = n_fft, "
        r"$H$ = hop and $w$ a Hann window. Resolution: $f_s / N$ in Hz, $N / f_s$ in s.",
        window_alone=True,
        has_knobs=True,
    ),
    "3": Step(
        "Mel",
        "Why mel, and why decibels?",
        sound.log_mel,
        "Hear the tones: which steps sound equal?",
        "Which half of the picture would you keep, if you had to choose?",
        r"$m = 2595 \log_{10}(1 + f / 700)$ and $L = 10 \log_{10}(P / P_{max})$ dB, as an "
        r"approximation of the scale in use (Slaney's).",
        has_knobs=True,
    ),
    "4": Step(
        "CNN",
        "What does the first convolution detect?",
        networks.cnn,
        "Play the window: which map follows the drums?",
        "What would a filter look like that finds a falling note?",
        r"$y[t, p] = \max(0,\; b + \sum_{i,j} w[i, j]\, x[t + i, p + j])$. The square above each "
        r"map is its $w$: violet above zero, orange below.",
        ".filters img:not(.kernel)",
        True,
    ),
    "5": Step(
        "CRNN",
        "What does the recurrent layer remember?",
        networks.crnn,
        "Play the window: what sounds where the rows change?",
        "What if it could see the end first?",
        r"$c_t = f_t c_{t-1} + i_t \tanh(\ldots)$ and $h_t = o_t \tanh(c_t)$: gates $f, i, o$ from "
        r"0 to 1 decide what is forgotten, stored and shown. Shown is $h_t$.",
        window_alone=True,
    ),
    "6": Step(
        "CNN-GRU",
        "What do two branches see that one does not?",
        networks.cnn_gru,
        "Move the window: when do the branches disagree?",
        "Why read backwards what sounds forwards?",
        r"$h_t = (1 - z_t)\, \tilde h_t + z_t\, h_{t-1}$, once from each end. *Alone*: the other "
        r"branch's numbers are set to zero, which training never did; a hint, not a proof.",
        '.nsewdrag:is([data-subplot="xy"], [data-subplot="x3y3"])',
        True,
    ),
    "7": Step(
        "Answers",
        "How do many windows make one answer?",
        answers.windows,
        "Find a window that is wrong, and play it.",
        "Why does one wrong window not matter?",
        r"$p(g) = \frac{1}{3 n} \sum_{m} \sum_{w} p_m(g \mid w)$ over $n$ windows and 3 networks. "
        r"Errors that are independent cancel in a mean.",
        '.nsewdrag[data-subplot="xy"]',
    ),
    "8": Step(
        "Why?",
        "Why this genre?",
        answers.evidence,
        "Listen to what mattered. Then change the network.",
        "Which of the three do you trust most here?",
        r"Parts are blanked out, and $\Delta = p(g) - p(g \mid \text{blanked})$ is measured: what "
        r"costs the genre most speaks for it.",
        has_knobs=True,
    ),
}


def show(number: str, lesson: LessonContext) -> None:
    """Show a step, one of `STEPS`, large enough for a projector."""
    step = STEPS[number]
    sentences, figure, alt = step.build(lesson)
    st.subheader(f"{number}. {step.question}", anchor=False, help=step.formula)
    st.html(
        f'<p class="lesson">{sentences}</p><p class="tasks"><b>Try:</b> {step.try_this} '
        f"<b>Ask:</b> {step.ask}</p>"
    )
    if isinstance(figure, str):
        st.html(figure)
    else:
        st.plotly_chart(figure, config={"displayModeBar": False}, alt=alt)


def show_playhead(number: str, lesson: LessonContext) -> None:
    """Show the button that plays the window alone; a playhead runs through the step's pictures."""
    step = STEPS[number]
    shown = lesson.span if step.window_alone else (0.0, lesson.view.duration)
    playhead.show(step.pictures, shown, lesson.span)
