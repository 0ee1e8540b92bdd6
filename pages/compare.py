"""The three networks side by side (the paper's Table 1): how good, how sure, how built."""

import streamlit as st

from deepmusic import models, report
from deepmusic.candidates import filter_candidates, find_candidates, protocols_of, train_commands
from deepmusic.charts.scores import accuracy_chart
from deepmusic.protocols import BENCHMARK_PROTOCOL, FAULT_FILTERED, WINDOW_LEAK, Protocol
from deepmusic.ui import calibration, compared, frame, markdown, query_params
from deepmusic.ui.compare import blueprint, duel, genres, honesty

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
VIEWS = {
    "genres": "By genre",
    "calibration": "How sure?",
    "protocols": "Honesty switch",
    "architecture": "Architecture",
    "duel": "Duel on one song",
}


def compare_certainty() -> None:
    strict = []
    if protocol == BENCHMARK_PROTOCOL:
        others = [c for c in candidates if c.shipped and c.protocol == Protocol(FAULT_FILTERED)]
        strict, _ = compared.scores_of(others, {})
    calibration.show(scores, strict)


frame.enter("pages/compare.py")

candidates, faults = find_candidates()
found = list(map(str, protocols_of(candidates)))
if not found:
    st.error("No finished run can be read, so there is nothing to compare.")
    st.stop()
st.subheader("Which network hears genres best, and how sure is that?", anchor=False)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    asked = query_params.choose(
        "protocol", found, label="Tested by protocol", default=str(BENCHMARK_PROTOCOL)
    )
    protocol = Protocol.parse(asked)
    all_own = len(filter_candidates(candidates, protocol, all_own=True)) > len(
        filter_candidates(candidates, protocol)
    ) and st.toggle(
        "All of my runs",
        key="all_own",
        help="Otherwise the newest run of each network.",
        persist_state="session",
        width="content",
    )

chosen = filter_candidates(candidates, protocol, all_own=all_own)
scores, faults = compared.scores_of(chosen, faults)
markdown.show_faults(faults)
if not scores:
    st.stop()
if all(score.candidate.model == models.BASELINE for score in scores):
    st.info(
        f"Only the SVM has been measured by {markdown.plain(str(protocol))} yet. Measure the "
        "networks: " + ", ".join(f"`{line}`" for line in train_commands("all", protocol))
    )
with_paper = protocol == BENCHMARK_PROTOCOL
left, right = st.columns([3, 2], gap="medium")
with left:
    st.plotly_chart(
        accuracy_chart(scores),
        config={"displayModeBar": False},
        alt="Share of test clips that each network named right, with its interval",
    )
with right:
    st.markdown(
        f"Protocol **{markdown.plain(str(protocol))}**, {scores[0].clips:,} test "
        f"{'segments' if protocol.name == WINDOW_LEAK else 'clips'}. {protocol.description}"
    )
    of_all = CHART_WORDS + (CEILING_WORDS if protocol.is_of_gtzan else "")
    st.caption(of_all + (f" {PAPER_WORDS}" if with_paper else ""))
st.table(compared.results_table(scores), hide_index=True, border="horizontal")
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
        file_name=f"deepmusic-{protocol.name}.html",
        mime="text/html",
        help="This table and its charts as one page that needs no network.",
        on_click="ignore",
    )
compared.show_difference(scores)

view = query_params.choose("view", list(VIEWS), VIEWS, label="More", label_visibility="collapsed")
{
    "genres": lambda: genres.show(scores),
    "calibration": compare_certainty,
    "protocols": lambda: honesty.show(candidates),
    "architecture": blueprint.show,
    "duel": duel.show,
}[view]()
