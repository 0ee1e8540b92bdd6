"""Accuracy of the networks of one protocol: a chart, what is chance, and the paper's Table 1."""

from collections.abc import Sequence

import streamlit as st

from deepmusic import models
from deepmusic.charts import report
from deepmusic.charts.scores import accuracy_chart
from deepmusic.evaluation.candidates import filter_candidates, protocols_of, train_commands
from deepmusic.evaluation.scores import Candidate, Score
from deepmusic.evaluation.wording import Markup, results_table
from deepmusic.formatting import format_percent
from deepmusic.protocols import BENCHMARK_PROTOCOL, WINDOW_LEAK, Protocol
from deepmusic.ui import cache, markdown, query_params
from deepmusic.ui.compare import pretrained, significance

_MARKUP = Markup("**{}**".format, ":small[:gray[{}]]".format, markdown.plain)
_CHART_HELP = (
    "**Dot:** accuracy over test clips, each predicted by the mean of its windows. **Bar:** 95 % "
    "interval; with other clips of the same kind, the dot would mostly be in there. Where bars "
    "overlap widely, the order of the dots says little. "
)
_CEILING_HELP = (
    "**Dashed:** about 5.5 % of GTZAN's labels are wrong, so that even a perfect network would "
    "reach about 94.5 % (Sturm 2014). "
)
_PAPER_HELP = (
    "**Ring:** the paper's notebooks, whose clips are predicted by the vote of their windows of "
    "1.5 s and also steered the training, which flatters."
)
_TABLE_HELP = (
    "Small numbers are 95 % intervals over clips, since windows of one clip are not independent. "
    "The paper's Table 1 prints the accuracy over windows, of 1.5 s where ours last 3 s. *By "
    "vote*: the genre that most windows of a clip predict. *Training*: all epochs."
)
_SEEDS_HELP = (
    " *Over seeds*: accuracy over clips, mean and standard deviation over trainings that differ in "
    "their seed alone."
)


def choose(candidates: Sequence[Candidate]) -> tuple[Protocol, list[Candidate]]:
    """Return the chosen protocol, and its candidates to show."""
    known = protocols_of(candidates)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        protocol = Protocol.parse(
            query_params.choose(
                "protocol",
                list(map(str, known)),
                {str(one): one.title for one in known},
                label="Protocol: which clips are tested?",
                help="\n".join(f"- **{one.title}** (`{one}`): {one.description}" for one in known),
                default=str(BENCHMARK_PROTOCOL),
            )
        )
        newest = filter_candidates(candidates, protocol)
        every = filter_candidates(candidates, protocol, all_own=True)
        all_own = len(every) > len(newest) and st.toggle(
            "All of my runs",
            key="all_own",
            help="Otherwise the newest run of each network.",
            persist_state="session",
            width="content",
        )
    return protocol, every if all_own else newest


def show(scores: Sequence[Score]) -> None:
    """Show the scores of one protocol with their intervals, as a chart and as a table."""
    protocol = scores[0].candidate.protocol
    if all(score.candidate.model == models.BASELINE for score in scores):
        commands = ", ".join(f"`{line}`" for line in train_commands("all", protocol))
        name = markdown.plain(protocol.title)
        st.info(f"Only the SVM has been measured by {name} yet. Measure the networks: {commands}")
    left, right = st.columns([3, 2], gap="medium")
    left.plotly_chart(
        accuracy_chart(scores),
        config={"displayModeBar": False},
        alt="Accuracy of each network over test clips, with its interval",
    )
    left.download_button(
        "Hand-out",
        lambda: report.to_html(
            scores, {name: cache.layer_table(name) for name in report.networks_of(scores)}
        ),
        file_name=f"deepmusic-{protocol.slug}.html",
        mime="text/html",
        help="Two to four pages to print: the networks, their results, a question. One HTML "
        "file that needs no internet.",
        on_click="ignore",
    )
    with right:
        best = max(scores, key=lambda score: score.clip.value)
        unit = "segments" if protocol.name == WINDOW_LEAK else "clips"
        st.markdown(
            f"**{markdown.plain(best.candidate.name)}** is right on "
            f"**{format_percent(best.clip.value)}** of {scores[0].clips:,} test {unit}.",
            help=_CHART_HELP
            + (_CEILING_HELP if protocol.is_of_gtzan else "")
            + (_PAPER_HELP if protocol == BENCHMARK_PROTOCOL else ""),
        )
        pretrained.show(scores)
        significance.show(scores)
    with st.expander("All figures, beside the paper's Table 1"):
        table = results_table(scores, _MARKUP)
        st.table(table, hide_index=True, border="horizontal")
        st.caption(_TABLE_HELP + (_SEEDS_HELP if "Over seeds" in table else ""))
