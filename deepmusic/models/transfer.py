"""musicnn with a head for genres, to be trained: `deepmusic.config.TRANSFERS` says from where."""

from keras import Model, layers

from deepmusic.config import LARGEST_LOG_POWER, MUSICNN_FRONT_END, ModelConfig
from deepmusic.errors import ModelError
from deepmusic.models import musicnn

#: Windows are as long as those that musicnn was trained with.
WINDOW_FRAMES = 187


def build(config: ModelConfig) -> Model:
    """Return musicnn and a softmax over the genres, with fresh weights, as `models.build` does."""
    if config.mel != MUSICNN_FRONT_END or config.window_frames != WINDOW_FRAMES:
        raise ModelError(
            f"musicnn reads windows of {WINDOW_FRAMES} frames by its own front end. "
            f"Received: window_frames={config.window_frames}, {config.mel}"
        )
    window = layers.Input((config.mel.n_mels, config.window_frames), name="window")
    x = layers.Rescaling(LARGEST_LOG_POWER / 255, name="log_power")(window)
    x = layers.Permute((2, 1), name="time_first")(x)
    x = musicnn.embed(x, config.window_frames)
    x = layers.Dropout(config.head_dropout, name="dropout_embedding")(x)
    genres = layers.Dense(len(config.genres), activation="softmax", name="genres")(x)
    return Model(window, genres, name="musicnn")
