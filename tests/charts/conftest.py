"""Fixtures that charts share with what they draw."""

from tests.evaluation.conftest import first, second, two_genres  # noqa: F401
