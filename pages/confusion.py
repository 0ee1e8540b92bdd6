"""Which genres get mixed up: matrices (the paper's Fig. 4 to 6), and the songs behind each cell."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from deepmusic import audio, comparison, confusion, figures, models, paper
from deepmusic.comparison import Candidate
from deepmusic.confusion import COUNTS, PRECISION, RECALL, UNITS
from deepmusic.datasets.gtzan import ENVIRONMENT_VARIABLE, read_facts
from deepmusic.datasets.splits import clip_of
from deepmusic.errors import AudioError, ModelError, RunError
from deepmusic.models import ENSEMBLE
from deepmusic.runs import FINISHED, HOME_PROTOCOL, list_runs, shipped_run
from deepmusic.ui import address, cache, compared, frame, markdown, sources

SIDE_BY_SIDE, DIFFERENCE = "matrices", "difference"

MEASURES = {COUNTS: "Clips", RECALL: "Recall, %", PRECISION: "Precision, %"}
VIEWS = {SIDE_BY_SIDE: "Side by side", DIFFERENCE: "Difference"}
PROTOCOLS = {
    "paper": "clips drawn at random, 70 % to train and choose, 30 % to test, as in the paper; the "
    "same artist may stand on both sides",
    "fault_filtered": "repeated and mislabelled clips left out, no artist on both sides",
    "artist_folds": "artists kept apart; each of three folds is tested once by a network that "
    "learnt from the others",
    "window_leak": "wrong on purpose: pieces of the same clips train and test",
    "toy": "synthetic bands, which say nothing of real music",
}

MEASURE_WORDS = {
    COUNTS: "**Each row is a label, each column what the network heard.** On the diagonal it was "
    "right; a number beside it counts clips of the row's genre that it took for the column's.",
    RECALL: "**Read along a row: of all clips with this label, how many per cent were heard as "
    "what?** Each row adds up to 100. On the diagonal stands the recall: how much of a genre is "
    "found.",
    PRECISION: "**Read down a column: of all clips heard as this genre, how many per cent have "
    "which label?** Each column adds up to 100. On the diagonal stands the precision: how far one "
    "can trust the network when it says so.",
}
DIFFERENCE_WORDS = (
    "**Violet: the first network has more here; orange: the second.** On the diagonal, violet is "
    "good for the first. Beside it violet means that the first makes this mistake more often. "
    "Only clips that both were tested on are counted."
)
SWAP_WORDS = (
    "The paper prints its matrices (Fig. 4 to 6) with the label at the rows. But its notebooks "
    "hand scikit-learn the network's answer first and the label second, which swaps the axes: "
    "**its rows are what was heard, and its diagonals are precision, not recall.** So precision is "
    "what stands beside them here: of all that was heard as a genre, how much is labelled so. The "
    "paper's numbers seem to count windows (1.5 s), not clips, since the mean of the CNN's "
    "diagonal, 73 %, fits its window accuracy of 72 % and not its 82 % by clip; ours count windows "
    "too, of 3 s. The paper's test clips also steered its training; ours did not."
)


@dataclass(frozen=True)
class Result:
    """What one network, or the ensemble, answered on its test part."""

    name: str
    model: str
    protocol: str
    genres: list[str]
    data: str
    predictions: pd.DataFrame = field(repr=False)
    clips: pd.DataFrame = field(repr=False)

    @property
    def matrix(self) -> pd.DataFrame:
        return confusion.count(self.clips, self.genres)

    @property
    def heading(self) -> str:
        right = (self.clips["genre"] == self.clips["heard"]).mean()
        return f"{self.name}: {100 * right:.0f} % right"


def read_result(candidate: Candidate) -> Result:
    """Return what finished runs answered; raise `RunError` if their files are damaged."""
    predictions, clips = compared.tables_of(candidate)
    genres = comparison.genres_of(candidate)
    if predictions[genres].isna().any(axis=None):
        raise RunError(
            f"{candidate.runs[0].path}: some answers are no numbers; its training has diverged."
        )
    data = candidate.runs[0].config.train.data
    return Result(
        candidate.name, candidate.model, candidate.protocol, genres, data, predictions, clips
    )


def shipped_choice(name: str, protocol: str) -> str:
    """Return what stands for a shipped network in the address."""
    short = protocol.replace(", fold ", "-fold")
    return f"shipped-{name}" if protocol == HOME_PROTOCOL else f"shipped-{short}-{name}"


def is_shipped_network(choice: str) -> bool:
    """Tell whether a choice is a network that DeepMusic ships (and not an own run or the mean)."""
    return choice.startswith("shipped-") and not choice.endswith(ENSEMBLE)


def find_shipped(faults: dict[str, str]) -> dict[str, Candidate]:
    """Return the shipped networks and ensembles of every protocol; add to the faults."""
    for name in models.MODELS:
        try:
            shipped_run(name)
        except RunError as error:
            faults[shipped_choice(name, HOME_PROTOCOL)] = str(error)
    return {
        shipped_choice(candidate.model, candidate.protocol): candidate
        for candidate in comparison.find_shipped()
        if candidate.model != models.BASELINE
    }


def find_own(faults: dict[str, str]) -> dict[str, Result]:
    """Return what a visitor's own runs answered, the newest first, by id; add to the faults."""
    runs = [run for run in list_runs()[::-1] if run.state == FINISHED]
    titles = Counter(run.notes["title"] for run in runs)
    found = {}
    for run in runs:
        title = run.notes["title"]
        try:
            model, protocol = run.config.model.name, run.evaluation.get("protocol")
            models.spec(model)
            if not protocol:
                raise RunError(f"{run.path} does not say its protocol. Train this run again.")
            name = title if title and titles[title] == 1 else run.id
            found[run.id] = read_result(Candidate(name, model, protocol, (run,), False))
        except (RunError, ModelError) as error:
            faults[run.id] = str(error)
    return found


def read_shipped(candidates: dict[str, Candidate], protocol: str) -> dict[str, Result]:
    """Read what the shipped networks of a protocol answered; say which cannot be read."""
    found = {}
    for choice, candidate in candidates.items():
        if candidate.protocol == protocol:
            try:
                found[choice] = read_result(candidate)
            except RunError as error:
                st.warning(markdown.message(error))
    return found


def forget_cell() -> None:
    """Go back to the worst confusion; the chosen cell was that of another protocol's networks."""
    for name in ("label", "heard", "by", "clip"):
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)


def choose_protocol(protocols: list[str]) -> str:
    """Let the visitor choose a protocol where there are several."""
    key = address.key("protocol", protocols)
    if len(protocols) > 1:
        st.selectbox(
            "Protocol",
            protocols,
            key=key,
            on_change=forget_cell,
            persist_state="session",
            width=170,
        )
    address.show("protocol")
    return st.session_state["protocol"]


def choose_numbers(n_results: int) -> tuple[str, str]:
    """Let the visitor choose what the numbers are, and whether matrices are subtracted."""
    measure = st.segmented_control(
        "What the numbers are",
        list(MEASURES),
        required=True,
        format_func=MEASURES.get,
        key=address.key("numbers", list(MEASURES)),
        persist_state="session",
    )
    views = list(VIEWS) if n_results > 1 else [SIDE_BY_SIDE]
    view = st.segmented_control(
        "View",
        views,
        required=True,
        format_func=VIEWS.get,
        key=address.key("layout", views),
        persist_state="session",
    )
    address.show("numbers", "layout")
    return measure, view


def choose_networks(found: dict[str, Result], view: str) -> list[str]:
    """Let the visitor choose the networks to look at; two for a difference."""
    labels = {choice: result.name for choice, result in found.items()}
    if view == SIDE_BY_SIDE:
        default = list(filter(is_shipped_network, found)) or list(found)[:3]
        kept = st.session_state.get("networks")
        if kept and not {*kept} & {*found}:
            # Chosen under another protocol, whose networks are not to be had here.
            del st.session_state["networks"]
        chosen = st.multiselect(
            "Networks",
            list(found),
            format_func=labels.get,
            key=address.key_of_several("networks", list(found), default),
            placeholder="Choose one or more",
            persist_state="session",
            width=480,
            wrap=True,
        )
        address.show("networks")
        return chosen
    first = st.selectbox(
        "Network",
        list(found),
        format_func=labels.get,
        key=address.key("first", list(found)),
        persist_state="session",
        width=220,
    )
    others = [choice for choice in found if choice != first]
    second = st.selectbox(
        "minus",
        others,
        format_func=labels.get,
        key=address.key("second", others),
        persist_state="session",
        width=220,
    )
    address.show("first", "second")
    return [first, second]


def select(genre: str, heard: str, by: str | None = None) -> None:
    """Choose a cell; a callback, so that the widgets below still can be set."""
    st.session_state.update({"label": genre, "heard": heard} | ({"by": by} if by else {}))


def select_clicked(chart: str, by: str | None = None) -> None:
    """Choose the cell that was clicked; a click beside all cells changes nothing."""
    points = st.session_state[chart].selection.points
    if points:
        select(points[0]["y"], points[0]["x"], by)


def draw(chart, key: str, by: str | None, alt: str) -> None:
    st.plotly_chart(
        chart,
        # With the cell in the key, a click leaves no selection behind that dims the chart.
        key=key,
        on_select=lambda: select_clicked(key, by),
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"filename": "deepmusic-confusion", "scale": 2},
        },
        alt=alt,
    )


def show_side_by_side(
    shown: dict[str, Result], measure: str, cell: tuple[str, str], by: str, dark: bool
) -> None:
    """Draw each network's matrix on one colour scale, its worst confusions in words below."""
    if measure == COUNTS:
        top = max(result.matrix.sum(axis=1).max() for result in shown.values())
    else:
        top = 100
    choices = list(shown)
    n_columns = 2 if len(choices) in (2, 4) else 3
    for row in range(0, len(choices), n_columns):
        if len(choices) == 1:
            for_matrix, for_words = st.columns([5, 4], gap="medium", vertical_alignment="center")
            places = [(for_matrix, for_words)]
        else:
            places = [(column, column) for column in st.columns(n_columns, gap="medium")]
        for (for_matrix, for_words), choice in zip(places, choices[row:], strict=False):
            with for_matrix:
                show_matrix(
                    choice, shown[choice], measure, top, cell if choice == by else None, dark
                )
            with for_words:
                show_worst(choice, shown[choice])


def show_matrix(
    choice: str,
    result: Result,
    measure: str,
    top: float,
    cell: tuple[str, str] | None,
    dark: bool,
) -> None:
    chart = figures.confusion_chart(
        confusion.express(result.matrix, measure),
        unit=UNITS[measure],
        top=top,
        title=result.heading,
        chosen=cell,
        dark=dark,
    )
    draw(chart, f"matrix_{choice}_{cell}", choice, f"Confusion matrix of {result.name}")


def show_worst(choice: str, result: Result) -> None:
    """Say the worst confusions in words, each of which opens its clips."""
    with st.container(gap=None):
        for pair in confusion.worst(result.matrix):
            st.button(
                str(pair),
                key=f"worst_{choice}_{pair.genre}_{pair.heard}",
                type="tertiary",
                on_click=select,
                args=(pair.genre, pair.heard, choice),
            )


def show_difference(
    shown: dict[str, Result], measure: str, cell: tuple[str, str], dark: bool
) -> None:
    """Draw the first network's matrix less the second's, over the clips that both have."""
    first, second = shown.values()
    tables = confusion.in_common(first.clips, second.clips)
    if tables[0].empty:
        st.info("These two have no test clip in common. Choose another pair.")
        return
    counts = [confusion.count(table, first.genres) for table in tables]
    # Where nothing was heard as a genre, its precision is not a number; nothing is drawn there.
    matrix = confusion.express(counts[0], measure) - confusion.express(counts[1], measure)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        chart = figures.difference_chart(
            matrix,
            unit="points" if UNITS[measure] == "%" else "clips",
            top=max(matrix.abs().max().max(), 1),
            title=f"{first.name} minus {second.name}",
            chosen=cell,
            dark=dark,
        )
        draw(
            chart,
            f"difference_{'_'.join(shown)}_{cell}",
            None,
            f"Confusion matrix of {first.name} minus that of {second.name}",
        )
    with right:
        st.markdown(DIFFERENCE_WORDS)
        rights = [table["genre"] == table["heard"] for table in tables]
        only_first = int((rights[0] & ~rights[1]).sum())
        only_second = int((~rights[0] & rights[1]).sum())
        st.markdown(
            f"Of {len(tables[0])} clips, {first.name} alone names **{only_first}** right, "
            f"{second.name} alone **{only_second}**. Their mistakes differ most here:"
        )
        with st.container(gap=None):
            for ours, theirs in confusion.most_unlike(*counts):
                st.button(
                    f"{ours.genre} → {ours.heard}: {first.name} {ours.clips}, "
                    f"{second.name} {theirs.clips} of {ours.of} clips",
                    key=f"unlike_{ours.genre}_{ours.heard}",
                    type="tertiary",
                    on_click=select,
                    args=(ours.genre, ours.heard),
                )


def choose_cell(shown: dict[str, Result], view: str) -> tuple[str, str, list[str]]:
    """Return the chosen cell and whose it is: the worst confusion until someone chooses.

    The widgets stand below the matrices, which must know the cell before; hence no widget here.
    """
    names = list(shown)
    by = address.key("by", names) and st.session_state["by"]
    lead = shown[by]
    if not {"label", "heard"} <= {*st.session_state} and not address.asked("label"):
        worst = confusion.worst(lead.matrix, 1)
        genre, heard = (worst[0].genre, worst[0].heard) if worst else (lead.genres[0],) * 2
        st.session_state.update(label=genre, heard=heard)
    for name in ("label", "heard"):
        address.key(name, lead.genres)
    genre, heard = st.session_state["label"], st.session_state["heard"]
    return genre, heard, [by] if view == SIDE_BY_SIDE else names


def show_cell_widgets(shown: dict[str, Result], view: str) -> None:
    """Let a cell be chosen without a mouse."""
    genres = next(iter(shown.values())).genres
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name, label in (("label", "Label"), ("heard", "heard as")):
            st.selectbox(label, genres, key=name, persist_state="session", width=170)
        if view == SIDE_BY_SIDE and len(shown) > 1:
            st.selectbox(
                "by",
                list(shown),
                format_func=lambda choice: shown[choice].name,
                key="by",
                persist_state="session",
                width=220,
            )
    address.show("label", "heard", "by")


def clip_rows(listed: pd.DataFrame, results: dict[str, Result], data: str) -> pd.DataFrame:
    """Return the clips of a cell as a table for people."""
    if data == "gtzan":
        # Known of every clip, whether GTZAN is at hand or not.
        facts = {row["track"]: (row["artist"], row["title"]) for row in read_facts()}
        faults = confusion.known_faults(read_facts())
    else:
        dataset = cache.collection(data)
        tracks = dataset.tracks if dataset else {}
        facts = {track.id: (track.artist, track.title) for track in tracks.values()}
        faults = {}
    clips = [clip_of(track) for track in listed.index]
    table = pd.DataFrame(
        {
            "Clip": listed.index,
            "Artist": [facts.get(clip, ("", ""))[0] for clip in clips],
            "Title": [facts.get(clip, ("", ""))[1] for clip in clips],
            "Confidence": 100 * listed["confidence"].to_numpy(),
        }
    )
    for choice, result in results.items():
        table[f"{result.name} hears"] = listed[choice].fillna("not asked").to_numpy()
    faulty = [faults.get(clip, "") for clip in clips]
    return table.assign(**{"Known fault": faulty}) if any(faulty) else table


def show_clips(
    shown: dict[str, Result], results: dict[str, Result], genre: str, heard: str, by: list[str]
) -> None:
    """List the clips of the chosen cell, and let one be heard."""
    listed = confusion.clips_in_cell(
        {choice: result.clips for choice, result in results.items()}, by, genre, heard
    )
    of = max((results[name].clips["genre"] == genre).sum() for name in by)
    who = " or ".join(results[name].name for name in by)
    said = "Right" if genre == heard else "Taken for something else"
    st.markdown(
        f"**{said}: {genre} → {heard}, {len(listed)} of {of} clips** by {who}"
        + ("" if len(listed) else ". Choose a cell with a number in it.")
    )
    if listed.empty:
        return
    data = results[by[0]].data
    st.dataframe(
        clip_rows(listed, results, data),
        hide_index=True,
        column_config={
            "Confidence": st.column_config.NumberColumn(
                format="%.0f %%",
                help=f"Mean probability of {heard} over the clip's windows, by {who}.",
            )
        },
        alt=f"Clips labelled {genre} and heard as {heard}",
    )
    st.caption(
        "The surest first."
        + (
            " Artist and title after Sturm (2012), where he knew them. Known faults of GTZAN are "
            "named; that none is named does not prove a label right."
            if data == "gtzan"
            else ""
        )
    )
    show_player(list(listed.index), data)


def show_player(tracks: list[str], data: str) -> None:
    """Play one of these clips where there is audio."""
    dataset = cache.gtzan() if data == "gtzan" else cache.collection(data)
    audible = [track for track in tracks if dataset and dataset.audio_path(clip_of(track))]
    if not audible and data != "gtzan":
        st.caption(
            "The sound of these clips is not at hand."
            if dataset
            else "The collection that these clips belong to is not at hand."
        )
        return
    if not audible:
        st.caption(
            "The sound of these clips is not at hand here. GTZAN's recordings may not be passed "
            f"on; whoever has them sets {ENVIRONMENT_VARIABLE} to their folder, and can listen."
        )
        return
    left, middle, right = st.columns([3, 5, 3], vertical_alignment="bottom")
    with left:
        track = st.selectbox(
            f"Listen to ({len(audible)} of {len(tracks)} at hand)",
            audible,
            key=address.key("clip", audible),
            persist_state="session",
        )
    address.show("clip")
    with middle:
        path = dataset.audio_path(clip_of(track))
        try:
            sound = path.read_bytes()
            mime_type = audio.browser_mime_type(sound)
            if not mime_type:
                # GTZAN's first edition is AU, which no browser plays.
                song = audio.load_song(sound, name=path.name)
                sound, mime_type = audio.encode_flac(song.samples, song.sample_rate), "audio/flac"
            st.audio(sound, format=mime_type, alt=f"The clip {track}")
        except OSError as error:
            st.error(f"{path.name} cannot be read ({error.strerror}). Check its folder.")
        except AudioError as error:
            st.error(markdown.message(error))
    with right:
        if st.button("See what the networks hear in it"):
            sources.open_in_classify(data, clip_of(track), path)


def show_paper(shown: dict[str, Result]) -> None:
    """Show the paper's diagonals beside ours, both as precision."""
    st.subheader("How does that compare with the paper?", anchor=False)
    comparable = [result for result in shown.values() if paper.precision(result.model)]
    if not comparable:
        st.caption("The paper prints matrices of its three networks. Choose one of these above.")
        return
    for row in range(0, len(comparable), 3):
        for column, result in zip(
            st.columns(3, gap="medium"), comparable[row : row + 3], strict=False
        ):
            verdicts = confusion.window_verdicts(result.predictions, result.genres)
            windows = confusion.count(verdicts, result.genres)
            ours = confusion.diagonal(confusion.express(windows, PRECISION))
            papers = {genre: 100 * share for genre, share in paper.precision(result.model).items()}
            with column:
                st.plotly_chart(
                    figures.precision_chart(
                        ours.to_dict(), papers, result.model, name=f"{result.name}, precision"
                    ),
                    config={"displayModeBar": False},
                    alt=f"Precision by genre of {result.name} and of the paper's",
                )
    st.caption(SWAP_WORDS)


def show_all(choices: list[str]) -> None:
    st.session_state["networks"] = choices


frame.enter("pages/confusion.py")

st.subheader("Which genres does it mix up?", anchor=False)
faults: dict[str, str] = {}
shipped, own = find_shipped(faults), find_own(faults)
if faults:
    n_faults = "One run" if len(faults) == 1 else f"{len(faults)} runs"
    with st.expander(f"{n_faults} cannot be shown. Why?", icon="⚠️"):
        for choice, fault in faults.items():
            st.warning(f"{markdown.plain(choice)}: {markdown.message(fault)}")
protocols = comparison.protocols_of([*shipped.values(), *own.values()])
if not protocols:
    st.info(
        "No network has been tested yet. Train one to the end, on the page Train or with "
        "`python -m deepmusic train`, and see here what it mixes up."
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    # The app's own first.
    protocol = choose_protocol(sorted(protocols, key=lambda name: name != HOME_PROTOCOL))
    found = read_shipped(shipped, protocol)
    found |= {choice: result for choice, result in own.items() if result.protocol == protocol}
    measure, view = choose_numbers(len(found))
    chosen = choose_networks(found, view)
if not chosen:
    st.info("Choose a network above, and see here what it takes for what.")
    st.button("Show them all", type="primary", on_click=show_all, args=(list(found),))
    st.stop()

shown = {choice: found[choice] for choice in chosen}
dark = st.context.theme.type == "dark"
genre, heard, by = choose_cell(shown, view)
st.caption(MEASURE_WORDS[measure])
if view == SIDE_BY_SIDE:
    show_side_by_side(shown, measure, (genre, heard), by[0], dark)
else:
    show_difference(shown, measure, (genre, heard), dark)
n_clips = " and ".join(sorted({str(len(result.clips)) for result in shown.values()}))
words = PROTOCOLS.get(protocol.partition(", fold ")[0], "")
told = markdown.plain(protocol)
st.caption(
    f"Measured on {n_clips} test clips, protocol {told}{words and f' ({words})'}. A clip's "
    "verdict is the mean of its windows' probabilities. Empty cells are zero."
)

st.subheader("What is in a cell?", anchor=False)
st.caption("Click a cell or a line under a matrix, or choose here.")
show_cell_widgets(shown, view)
others = {
    choice: result
    for choice, result in found.items()
    if choice in shown or is_shipped_network(choice)
}
show_clips(shown, others, genre, heard, by)
if protocol == "paper":
    show_paper(shown)
else:
    st.caption("The paper's diagonals stand here for protocol paper, the only one it resembles.")
