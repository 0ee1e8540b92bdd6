"""Table 1 of the paper, and what its notebooks print beside it.

Source: Lahiri, Raj and Chatterjee, "DeepMusic: A deep-learning approach to music genre
classification", Table 1 (window accuracy) and sections 4.1 to 4.3, and the outputs kept in the
notebooks that it links to (parameters, accuracy of clips by vote).
"""

from dataclasses import dataclass

#: Share of GTZAN's clips that a perfect listener would name as labelled, since about 5.5 % of the
#: labels are wrong: B. L. Sturm, "The state of the art ten years after a state of the art" (2014).
CEILING = 0.945

#: Test clips of the notebooks: 11,700 windows, 39 from each clip.
N_CLIPS = 300


@dataclass(frozen=True)
class Published:
    """One row of Table 1.

    Attributes
    ----------
    train_accuracy, window_accuracy : float
        Of windows of 1.5 s, in training and in test, as printed in the table.
    notebook_accuracy : float or None
        Of test windows, where the notebook's output says something else or more exact.
    vote_accuracy : float or None
        Of test clips by majority of their windows' labels; the CRNN's was not kept.
    parameters : int
        As the notebook prints them.
    """

    train_accuracy: float
    window_accuracy: float
    notebook_accuracy: float | None
    vote_accuracy: float | None
    parameters: int


TABLE: dict[str, Published] = {
    "cnn": Published(0.78, 0.72, 0.722, 0.820, 2_495_114),
    "crnn": Published(0.75, 0.64, None, None, 47_562),
    "cnn_gru": Published(0.78, 0.61, 0.643, 0.757, 95_466),
}
