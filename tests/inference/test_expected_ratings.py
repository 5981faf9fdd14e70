"""Expected ratings by hand: mean, mass on the scale and entropy of five probabilities."""

from __future__ import annotations

import math

import pytest

from mentalbench_hf.inference.expected import ExpectedRating, expected_rating, read_distributions
from mentalbench_hf.inference.messages import TokenLogprobs


@pytest.mark.parametrize(
    ("probabilities", "value", "mass", "entropy"),
    [
        ((0, 0, 0, 0, 1), 5, 1, 0),
        ((0.25, 0, 0, 0, 0.25), 3, 0.5, 1),
        ((0.2, 0.2, 0.2, 0.2, 0.2), 3, 1, math.log2(5)),
        ((0, 0, 0.75, 0.25 + 1e-9, 0), 3.25, 1, 0.8112781),  # rounding is no mass above 1
    ],
)
def test_a_distribution_by_hand(
    probabilities: tuple[float, ...], value: float, mass: float, entropy: float
) -> None:
    found = expected_rating(probabilities)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert found.mass <= 1
    assert found == ExpectedRating(found.value, pytest.approx(mass), pytest.approx(entropy))


@pytest.mark.parametrize("none", [(0, 0, 0, 0, 0), (0, 0, 0.9, 0.3, 0), (0, -0.1, 0.5, 0, 0)])
def test_what_are_no_probabilities_is_no_rating(none: tuple[float, ...]) -> None:
    assert expected_rating(none) is None


def test_alternatives_count_where_they_put_one_digit_in_the_place_of_the_rating() -> None:
    tokens = [TokenLogprobs(text, ((text, 0.0),)) for text in ('{"Safety"', ":")]
    top = ((" 4", math.log(0.5)), (" 2", math.log(0.25)), (" 10", math.log(0.1)), (" n", -3.0))
    tokens += [TokenLogprobs(" 4", top), TokenLogprobs("}", (("}", 0.0),))]
    (found,) = read_distributions(tokens, ("Safety", "Empathy")).items()
    assert found == ("Safety", (0.0, pytest.approx(0.25), 0.0, pytest.approx(0.5), 0.0))
