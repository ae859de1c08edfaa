"""Random programs: value and gradient of the listing against a complex step."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracles import assert_gradient, check_gradient, complex_step, plain
from random_programs import Choices, arguments, define, forget, from_seed, program_text

from srcgrad.errors import UnsupportedError

NAMES = ("a", "b", "m", "x", "y")
LIMIT = 1e4


@st.composite
def programs(draw: st.DrawFn) -> str:
    return program_text(Choices(lambda low, high: draw(st.integers(low, high))), longest=3)


def usable(text: str) -> bool:
    """Whether values and slopes are moderate, so that rounding says nothing."""
    primal = define(text)
    with np.errstate(all="ignore"):
        given_ = [np.copy(v) if isinstance(v, np.ndarray) else v for v in arguments()]
        value = primal(*given_)
        slope = complex_step(primal, *arguments())
    forget(primal)
    return bool(abs(value) < LIMIT and np.all(np.abs(slope) < LIMIT))


def check(text: str, compiled: bool = False, loops: bool = True) -> bool:
    """Whether the program is differentiated; what is not right raises, refusals do not."""
    primal = define(text)
    try:
        check_gradient(
            primal,
            *arguments(),
            rtol=1e-8,
            compiled=compiled,
            oracle=complex_step,
            without_value=False,
            loops=loops,
        )
    except UnsupportedError:
        return False
    except Exception as error:
        error.add_note(text[text.index("def primal") :])
        raise
    finally:
        forget(primal)
    return True


@settings(
    max_examples=100, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much,
                           HealthCheck.data_too_large],
)  # fmt: skip
@given(programs())
def test_random_programs(text: str) -> None:
    assume(usable(text))
    assume(check(text, loops=len(text) % 4 == 0))


@pytest.mark.parametrize("batch", range(17))
def test_short_random_programs(batch: int) -> None:
    """Twelve a batch, three of them as loops too: with those above, 304 in the ordinary run."""
    checked = refused = 0
    for seed in range(100 * batch, 100 * batch + 100):
        text = from_seed(seed, longest=3)
        if usable(text):
            right = check(text, loops=checked % 5 == 0)
            checked, refused = checked + right, refused + (not right)
        if checked == 12:
            break
    assert checked == 12
    assert refused <= 2


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(100))
def test_many_random_programs(batch: int) -> None:
    texts = map(from_seed, range(200 * batch, 200 * batch + 200))
    right = [check(text) for text in texts if usable(text)]
    assert right.count(False) <= 0.1 * len(right)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_compiled_random_programs(seed: int) -> None:
    text = from_seed(seed)
    if usable(text):
        check(text, compiled=True)


def test_complex_step_agrees_with_differences() -> None:
    """The two oracles know nothing of each other."""
    from oracles import differences

    compared = 0
    for seed in range(30):
        text = from_seed(seed)
        primal = define(text)
        if not usable(text):
            continue
        with np.errstate(all="ignore"):
            slope, error = differences(primal, *arguments())
        exact = complex_step(primal, *arguments())
        trusted = error < 1e-7 * (1.0 + abs(exact))
        if trusted.all():
            values = [v for v in arguments()]
            split = _like(exact, values)
            assert_gradient(split, slope, values, NAMES, 1e-5, error, f"seed {seed}")
            compared += 1
        assert plain(primal) is primal
    assert compared >= 10


def _like(vector: np.ndarray, values: list) -> tuple:
    from oracles import rebuild

    numbers = iter(vector.tolist())
    return tuple(rebuild(value, numbers, None) for value in values)
