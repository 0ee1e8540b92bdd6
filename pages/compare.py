"""The three networks side by side (the paper's Table 1): how good, how sure, how built."""

import streamlit as st

from deepmusic import comparison, figures, models, report
from deepmusic.comparison import Measured, Score
from deepmusic.datasets import splits
from deepmusic.datasets.splits import LEAK
from deepmusic.errors import DeepMusicError
from deepmusic.figures import Dot
from deepmusic.paper.table import CEILING, TABLE
from deepmusic.runs import HOME_PROTOCOL, shipped_run
from deepmusic.ui import address, cache, calibration, compared, frame, markdown, player, sources

CHART_WORDS = (
    "**Dot:** share of test clips whose labelled genre the network named, by the mean of all its "
    "windows. **Bar:** the 95 % interval; with other clips of the same kind, the dot would mostly "
    "land in there. Where bars overlap widely, the order of the dots says little. "
)
CEILING_WORDS = (
    "**Dashed:** about 5.5 % of GTZAN's labels are wrong, so even a perfect listener would reach "
    "about 94.5 % (Sturm 2014)."
)
PAPER_WORDS = (
    "**Ring:** the paper's notebooks, whose clips are judged by the vote of their 1.5 s windows "
    "and also steered the training, which flatters."
)
TABLE_WORDS = (
    "Small numbers are 95 % intervals over clips, since windows of one clip are right or wrong "
    "together. *Windows right* is what the paper's Table 1 prints, of windows of 1.5 s where ours "
    "last 3 s. *By vote*: the genre that most windows of a clip hear. *Training*: all epochs on "
    "the machine that trained it. *One song*: mel-spectrogram and network for 30 s, on this "
    "machine, the median of five (also: `python -m deepmusic time`)."
)
SEEDS_WORDS = (
    " *Over seeds*: clips right by mean probability, mean and standard deviation over trainings "
    "that differ in their seed alone; the shipped run is one of them."
)
BY_GENRE_WORDS = {
    "recall": "**Recall:** of the test clips labelled so, how many did the network name so?",
    "precision": "**Precision:** of the test clips that the network named so, how many are "
    "labelled so?",
    "f1": "**F1:** the harmonic mean of recall and precision, which is high only where both are.",
}
VIEWS = {
    "genres": "By genre",
    "calibration": "How sure?",
    "protocols": "Honesty switch",
    "architecture": "Architecture",
    "duel": "Duel on one song",
}


def dot(name: str, model: str, share: Measured | None, paper: float | None = None) -> Dot:
    return Dot(name, model, *((share.value, share.low, share.high) if share else ()), paper=paper)


def printed_vote(score: Score) -> float | None:
    printed = TABLE.get(score.candidate.model) if score.candidate.shipped else None
    return printed and printed.vote_accuracy


def compare_genres() -> None:
    shown = [score for score in scores if score.candidate.model != models.ENSEMBLE]
    measure = st.segmented_control(
        "What the bars are",
        list(BY_GENRE_WORDS),
        required=True,
        format_func=str.capitalize,
        key=address.key("bars", list(BY_GENRE_WORDS)),
        label_visibility="collapsed",
        persist_state="session",
    )
    address.show("bars")
    st.plotly_chart(
        figures.genre_bars(
            {score.candidate.name: score.candidate.model for score in shown},
            {score.candidate.name: comparison.by_genre(score, measure) for score in shown},
        ),
        config={"displayModeBar": False},
        alt=f"{measure.capitalize()} of each network, genre by genre",
    )
    fewest = min(int(n) for score in shown for n in score.table["genre"].value_counts())
    st.caption(
        f"{BY_GENRE_WORDS[measure]} Genres that are easy for all stand left. A genre has as few as "
        f"{fewest} test clips here, so one clip more or less moves a bar by about "
        f"{100 / fewest:.2g} points."
    )


def compare_certainty() -> None:
    strict = []
    if protocol == HOME_PROTOCOL:
        others = [c for c in candidates if c.shipped and c.protocol == "fault_filtered"]
        strict, _ = compared.scores_of(others, {})
    calibration.show(scores, strict)


def switch_protocols() -> None:
    known = [*models.MODELS, models.ENSEMBLE, models.BASELINE]
    model = st.segmented_control(
        "Network",
        known,
        required=True,
        format_func=comparison.title,
        key=address.key("honest", known),
        persist_state="session",
    )
    address.show("honest")
    first = {}
    for candidate in candidates:
        if candidate.model == model:
            first.setdefault(candidate.protocol, candidate)
    measured, _ = compared.scores_of(list(first.values()), {})
    by_protocol = {score.candidate.protocol: score for score in measured}
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.plotly_chart(
            figures.interval_chart(
                [
                    Dot(
                        name,
                        model,
                        share and share.value,
                        share and share.low,
                        share and share.high,
                    )
                    for name in comparison.HONEST_ORDER
                    for share in [by_protocol[name].window if name in by_protocol else None]
                ]
            ),
            config={"displayModeBar": False},
            alt=f"Accuracy of {comparison.title(model)} under each protocol",
        )
        unit = (
            "Share of *clips* right, since the SVM judges each clip at once (in `window_leak`, "
            "each segment of 3.3 s)"
            if model == models.BASELINE
            else "Share of *windows* right, the one unit that all protocols have"
        )
        st.caption(
            f"{unit}; read downwards, from flattering to honest. Only what may stand on both sides "
            "of training and test differs, and how many clips are left to train on, as long as the "
            "recipe is the same: each number is the shipped run's, or else your newest run's."
        )
    missing = [name for name in comparison.HONEST_ORDER if name not in by_protocol]
    with right:
        st.markdown(
            "\n".join(
                f"- **{name}**: {comparison.words_of(name)}" for name in comparison.HONEST_ORDER
            )
        )
    if missing and model != models.ENSEMBLE:
        st.caption("What is not measured yet can be; each takes about as long as in the table.")
        commands = [line for name in missing for line in comparison.train_commands(model, name)]
        st.code("\n".join(commands), language="bash", wrap_lines=True)
    elif missing and model == models.ENSEMBLE:
        st.caption("The ensemble is measured once all three networks are; choose one of them.")


def show_architecture() -> None:
    model = st.segmented_control(
        "Network",
        list(models.MODELS),
        required=True,
        format_func=models.title,
        key=address.key("network", list(models.MODELS)),
        persist_state="session",
    )
    address.show("network")
    spec = models.spec(model)
    config = shipped_run(model).config.model
    with st.spinner("Building the network ...", show_time=True):
        diagram, layers = compared.architecture_of(model, config.to_json())
    st.markdown(f"**{spec.title}** (paper, section {spec.section}). {spec.summary}")
    left, right = st.columns(2, gap="medium")
    with left:
        st.graphviz_chart(diagram, alt=f"{spec.title}: its layers from the window to the genres")
    with right:
        st.caption(
            "Read downwards. **Blue** looks for patterns, **orange** remembers, **green** decides; "
            "grey only rearranges. Beside each arrow stands the shape of what it carries: time, "
            "pitch, and how many filters looked. What gets smaller in time and pitch grows in "
            "filters: from *where* to *what*."
        )
        st.caption(
            f"Drawn and counted from the Keras model itself, as it is shipped: "
            f"{layers['Parameters'].sum():,} parameters. Shapes are those of one window."
        )
    st.dataframe(
        layers,
        hide_index=True,
        height="content",
        column_config={
            "Layer": st.column_config.TextColumn(width=150),
            "Kind": st.column_config.TextColumn(width=150),
            "Output": st.column_config.TextColumn(width=110),
            "Parameters": st.column_config.NumberColumn(width=100, format="localized"),
        },
        alt=f"Layers of {spec.title}",
    )


def fight_duel() -> None:
    song = sources.choose()
    if song is None:
        st.info("Choose a song above, and see where the three networks hear it differently.")
        return
    try:
        with st.spinner("The networks are listening ...", show_time=True):
            view = cache.view_song(song.digest, song.data, song.name)
            predictions = cache.classify_song(song)
    except DeepMusicError as error:
        st.error(markdown.message(error))
        return
    if song.remark:
        st.caption(song.remark)
    sound = st.empty()
    places = comparison.disagreements(predictions)
    player.show(view, predictions, featured=models.ENSEMBLE, key="duel_player", apart=places)
    apart = sum(place["end"] - place["start"] for place in places)
    if not places:
        sound.audio(view.sound or song.data, format=view.mime_type, alt="The song")
        st.success("All three networks hear the same genre throughout.")
        return
    st.markdown(
        f"They disagree during **{apart:.0f} of {view.duration:.0f} s**, marked in the lane below "
        "the spectrogram: click a mark, or choose a line here, to hear that place. Click anywhere "
        "else in the picture to go there."
    )
    chosen = st.dataframe(
        compared.places_table(places),
        hide_index=True,
        height=min(38 + 36 * len(places), 330),
        on_select="rerun",
        selection_mode="single-row",
        key=f"places_{song.digest}",
        alt="Where the three networks disagree, and what each hears there",
    )
    rows = chosen.selection.rows
    sound.audio(
        view.sound or song.data,
        format=view.mime_type,
        start_time=int(places[rows[0]]["start"]) if rows else 0,
        autoplay=bool(rows),
        alt="The song",
    )


frame.enter("pages/compare.py")

candidates, faults = comparison.find_candidates()
found = comparison.protocols_of(candidates)
if not found:
    st.error("No finished run can be read, so there is nothing to compare.")
    st.stop()
preferred = ["paper", *found] if "paper" in found else found
st.subheader("Which network hears genres best, and how sure is that?", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    protocol = st.segmented_control(
        "Tested by protocol",
        found,
        required=True,
        key=address.key("protocol", list(dict.fromkeys(preferred))),
        persist_state="session",
    )
    all_own = len(comparison.choose(candidates, protocol, all_own=True)) > len(
        comparison.choose(candidates, protocol)
    ) and st.toggle(
        "All of my runs",
        key="all_own",
        help="Otherwise the newest run of each network.",
        persist_state="session",
        width="content",
    )
address.show("protocol")

chosen = comparison.choose(candidates, protocol, all_own=all_own)
scores, faults = compared.scores_of(chosen, faults)
if faults:
    with st.expander(f"Not shown, since they cannot be read: {len(faults)}", icon="⚠️"):
        for name, fault in faults.items():
            st.warning(f"{markdown.plain(name)}: {markdown.message(fault)}")
if not scores:
    st.stop()
if all(score.candidate.model == models.BASELINE for score in scores):
    st.info(
        f"Only the SVM has been measured by {markdown.plain(protocol)} yet. Measure the networks: "
        + ", ".join(f"`{line}`" for line in comparison.train_commands("all", protocol))
    )
with_paper, of_gtzan = protocol == "paper", splits.is_of_gtzan(protocol)
left, right = st.columns([3, 2], gap="medium")
with left:
    st.plotly_chart(
        figures.interval_chart(
            [
                dot(
                    score.candidate.name,
                    score.candidate.model,
                    score.clip,
                    printed_vote(score) if with_paper else None,
                )
                for score in scores
            ],
            ceiling=CEILING if of_gtzan else None,
        ),
        config={"displayModeBar": False},
        alt="Share of test clips that each network named right, with its interval",
    )
with right:
    st.markdown(
        f"Protocol **{markdown.plain(protocol)}**, {scores[0].clips:,} test "
        f"{'segments' if protocol == LEAK else 'clips'}. {comparison.words_of(protocol)}"
    )
    of_all = CHART_WORDS + (CEILING_WORDS if of_gtzan else "")
    st.caption(of_all + (f" {PAPER_WORDS}" if with_paper else ""))
st.table(compared.results_table(scores, with_paper), hide_index=True, border="horizontal")
left, right = st.columns([5, 1], gap="medium")
left.caption(TABLE_WORDS + (SEEDS_WORDS if any(score.repeats for score in scores) else ""))
with right:
    if st.button("Time one song here", help="Times the shipped networks; takes some seconds."):
        with st.spinner("Timing ...", show_time=True):
            compared.measure_times()
        st.rerun()
    st.download_button(
        "Hand-out (HTML)",
        lambda: report.to_html(scores),
        file_name=f"deepmusic-{protocol.split(',')[0]}.html",
        mime="text/html",
        help="This table and its charts as one page that needs no network.",
        on_click="ignore",
    )
compared.show_difference(scores)

view = st.segmented_control(
    "More",
    list(VIEWS),
    required=True,
    format_func=VIEWS.get,
    key=address.key("view", list(VIEWS)),
    label_visibility="collapsed",
    persist_state="session",
)
address.show("view")
{
    "genres": compare_genres,
    "calibration": compare_certainty,
    "protocols": switch_protocols,
    "architecture": show_architecture,
    "duel": fight_duel,
}[view]()
