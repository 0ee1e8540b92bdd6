"""The eight steps of the lesson: each one figure, a few sentences, a task and a question."""

import streamlit as st

from deepmusic.ui.lesson import answers, excitement, networks, playhead, sound
from deepmusic.ui.lesson.context import LessonContext, Step

STEPS = {
    "1": Step(
        label="Sound",
        question="What is sound to a computer?",
        minutes=2,
        say="A computer records the pressure of the air <b>22,050 times a second</b>, and nothing "
        "else.",
        build=sound.waveform,
        try_this="Click into the waveform where it is loud.",
        ask="Could you name the genre from this curve alone?",
        answer="Hardly: what is loud, and perhaps the beat. Notes and instruments are in it, but "
        "not to the eye; sorted by frequency they will be.",
        formula=r"Sample $n$ is the pressure at time $n / f_s$, with $f_s = 22050$ Hz. Frequencies "
        r"up to $f_s / 2$ can be told.",
    ),
    "2": Step(
        label="STFT",
        question="Which frequencies, and when?",
        minutes=3,
        say="A <b>frame</b> slides over the sound; of each, the Fourier transform tells how loud "
        "every frequency is.",
        build=sound.stft,
        try_this="Make n_fft 256, then 8192: what blurs?",
        ask="Why can no setting be sharp in time and in pitch?",
        answer="To tell two tones apart that differ by 10 Hz takes 1/10 s of sound; a frame that "
        "long blurs what happens within it.",
        formula=r"$X[k, m] = \sum_n x[n + m H]\, w[n]\, e^{-2\pi i k n / N}$ with $N$ = n_fft, "
        r"$H$ = hop and $w$ a Hann window. Resolution: $f_s / N$ in Hz, $N / f_s$ in s.",
        window_alone=True,
        has_knobs=True,
    ),
    "3": Step(
        label="Mel",
        question="Why mel, and why decibels?",
        minutes=3,
        say="The ear counts in ratios: <b>mel</b> bands widen with pitch, and <b>decibels</b> are "
        "the logarithm of power.",
        build=sound.log_mel,
        try_this="Hear the tones: which steps sound equal?",
        ask="Which half would you keep, if you had to choose?",
        answer="Below are bass, chords and voices, above cymbals and consonants. The networks miss "
        "the upper half most: Compare, Blind to what?",
        formula=r"$m = 2595 \log_{10}(1 + f / 700)$ and $L = 10 \log_{10}(P / P_{max})$ dB, as "
        r"an approximation of the scale in use (Slaney's).",
        has_knobs=True,
    ),
    "4": Step(
        label="CNN",
        question="What does the first convolution detect?",
        minutes=4,
        say="The CNN slides <b>filters of 3 x 3 numbers</b> over the window; bright is where one "
        "finds its pattern.",
        build=networks.cnn,
        try_this="Play the window: which map follows the drums?",
        ask="What would a filter look like that finds a falling note?",
        answer="A slant: violet from the upper left to the lower right, orange beside it.",
        formula=r"$y[t, p] = \max(0,\; b + \sum_{i,j} w[i, j]\, x[t + i, p + j])$. The square "
        r"above each map is its $w$: violet above zero, orange below.",
        pictures=".filters img:not(.kernel)",
        window_alone=True,
        below=excitement.show,
    ),
    "5": Step(
        label="CRNN",
        question="What does the recurrent layer remember?",
        minutes=3,
        say="The CRNN convolves across time; then its <b>LSTM</b> reads from left to right and "
        "keeps a memory.",
        build=networks.crnn,
        try_this="Play the window: what sounds where the rows change?",
        ask="What if it could see the end first?",
        answer="It would know where a beginning leads, as one who reads a page again. The next "
        "network reads both ways.",
        formula=r"$c_t = f_t c_{t-1} + i_t \tanh(\ldots)$ and $h_t = o_t \tanh(c_t)$: gates $f, "
        r"i, o$ from 0 to 1 decide what is forgotten, stored and shown. Shown is $h_t$.",
        window_alone=True,
    ),
    "6": Step(
        label="CNN-GRU",
        question="What do two branches see that one does not?",
        minutes=3,
        say="Two branches read the same window: convolutions as in the CNN, and a <b>GRU</b>, "
        "<b>forwards and backwards</b>.",
        build=networks.cnn_gru,
        try_this="Move the window: when do the branches disagree?",
        ask="Why read backwards what sounds forwards?",
        answer="The window is there as a whole, and what comes later may explain what came before. "
        "Together, both ways know all of it at every step.",
        formula=r"$h_t = (1 - z_t)\, \tilde h_t + z_t\, h_{t-1}$, once from each end. *Alone*: the "
        r"other branch's numbers are set to zero, which training never did; a hint, not a proof.",
        pictures='.nsewdrag:is([data-subplot="xy"], [data-subplot="x3y3"])',
        window_alone=True,
    ),
    "7": Step(
        label="Answers",
        question="How do many windows make one answer?",
        minutes=3,
        say="Three networks predict each window, and the <b>mean of all probabilities</b> is the "
        "answer.",
        build=answers.windows,
        try_this="Find a window that is wrong, and play it.",
        ask="Why does one wrong window not matter?",
        answer="It is one of many in a mean, and the others outweigh it; unless the answer was "
        "close, or all err alike.",
        formula=r"$p(g) = \frac{1}{3 n} \sum_{m} \sum_{w} p_m(g \mid w)$ over $n$ windows and 3 "
        r"networks. Errors that are independent cancel in a mean.",
        pictures='.nsewdrag[data-subplot="xy"]',
    ),
    "8": Step(
        label="Why?",
        question="Why this genre?",
        minutes=3,
        say="Parts of the clip are blanked out: <b>what costs the genre most</b> speaks for it.",
        build=answers.evidence,
        try_this="Listen to what mattered. Then change the network.",
        ask="Which of the three do you trust most here?",
        answer="The one that goes by the music and not by an accident of the recording. A high "
        "probability alone is no reason.",
        formula=r"Parts are blanked out, and $\Delta = p(g) - p(g \mid \text{blanked})$ is "
        r"measured: what costs the genre most speaks for it.",
        has_knobs=True,
        below=answers.change,
    ),
}


def show(number: str, lesson: LessonContext) -> None:
    """Show a step, one of `STEPS`, large enough for a projector."""
    step = STEPS[number]
    sentences, figure, alt = step.build(lesson)
    st.subheader(f"{number}. {step.question}", anchor=False, help=step.formula)
    st.html(
        f'<p class="lesson">{step.say} {sentences}</p>'
        f'<p class="tasks"><b>Try:</b> {step.try_this} <b>Ask:</b> {step.ask}</p>'
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


def show_below(number: str, lesson: LessonContext) -> None:
    """Show what a step has below all else, if anything."""
    if below := STEPS[number].below:
        below(lesson)
