from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.sdk.values import NESTING_LIMIT, json_value, number, step_number


class TorchLike:
    """Behaves like a torch tensor: `item()` returns the scalar, or raises for more than one."""

    def __init__(self, *values: float) -> None:
        self._values = values

    def item(self) -> float:
        if len(self._values) != 1:
            raise RuntimeError(f"a Tensor with {len(self._values)} elements cannot be converted to Scalar")
        return self._values[0]


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.float32(2), np.int64(2), np.array(2.0), np.array([2.0]), np.longdouble(2), Decimal(2),
     Fraction(2), TorchLike(2.0)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_kind_of_scalar_is_a_number(value: object) -> None:
    assert number(value, "loss") == 2.0
    assert type(number(value, "loss")) is float


@pytest.mark.parametrize(
    "value",
    [True, np.bool_(True), "2", None, 2j, np.array([1.0, 2.0]), TorchLike(1, 2), [2.0], object()],
    ids=lambda value: f"{type(value).__name__} {value}".split(" object at ")[0],
)
def test_a_value_that_is_not_a_single_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(TypeError, match=r"^eval_loss must be a"):
        number(value, "eval_loss")


def test_numbers_that_are_not_finite_are_kept() -> None:
    assert math.isnan(number(np.float32("nan"), "loss"))
    assert number(-math.inf, "loss") == -math.inf
    assert number(10**400, "loss") == math.inf
    assert number(-(10**400), "loss") == -math.inf


def test_an_integer_step_stays_exact() -> None:
    assert step_number(2**53 + 1) == 2**53 + 1
    assert step_number(np.int64(2**53 + 1)) == 2**53 + 1
    assert step_number(-3) == -3
    assert step_number(7.5) == 7.5


@pytest.mark.parametrize("step", [math.nan, math.inf, 2**64, 10**400])
def test_a_step_that_is_not_finite_or_too_large_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="finite number"):
        step_number(step)


@pytest.mark.parametrize("step", [True, "1", None])
def test_a_step_that_is_not_a_number_is_refused(step: object) -> None:
    with pytest.raises(TypeError, match="step must be a number"):
        step_number(step)


def test_numpy_scalars_in_a_config_become_json() -> None:
    config = {"rate": np.float32(0.5), "sizes": (np.int64(1), 2), "flag": np.bool_(True), "none": None}
    assert json_value(config, "config") == {"rate": 0.5, "sizes": [1, 2], "flag": True, "none": None}


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"a": [1, {"b": object()}]}, r"config\['a'\]\[1\]\['b'\] is of type object"),
        ({"a": {1, 2}}, r"config\['a'\] is of type set"),
        ({"a": np.zeros(3)}, r"config\['a'\] must be a single value"),
        ({1: 2}, "config has the key 1"),
        ({"a": 2**70}, r"config\['a'\] is an integer beyond"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_part_that_has_no_json_form_is_named(value: object, part: str) -> None:
    with pytest.raises(TypeError, match=part):
        json_value(value, "config")


def test_a_lone_surrogate_is_replaced() -> None:
    assert json_value("a\udc80b", "error") == "a?b"


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_json)
def test_json_values_are_unchanged(value: object) -> None:
    assert repr(json.loads(json.dumps(json_value(value, "config")))) == repr(json.loads(json.dumps(value)))


def test_a_value_that_is_nested_too_deeply_for_a_studio_is_refused() -> None:
    def nested(levels: int) -> object:
        value: object = 1
        for _ in range(levels):
            value = {"a": value}
        return value

    assert json_value(nested(NESTING_LIMIT), "d") == nested(NESTING_LIMIT)
    for levels in (NESTING_LIMIT + 1, 400):
        with pytest.raises(ValueError, match=r"^d\['a'\].* nested more than 64 levels"):
            json_value(nested(levels), "d")
