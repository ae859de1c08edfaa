"""Random functions of whole arrays: flat and as loops, for extents that broadcast and that do not.

One listing serves all extents: types are the same, so what is broadcast is known when it runs.
"""

import random

import numpy as np
import pytest
from oracles import assert_gradient, complex_step, flatten, run_text
from random_arrays import PARAMETERS, arguments, program_text
from random_programs import Choices, define, forget

from srcgrad import value_and_grad

EXTENTS = [(3, 4), (1, 3), (3, 1)]


def copied(args):
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]


def check(text: str, compiled: bool = False) -> bool:
    """Hold one program to the oracle; False where its values are too large to say anything."""
    primal = define(text)
    try:
        with np.errstate(all="ignore"):
            if not all(abs(primal(*copied(arguments(*e)))) < 1e4 for e in EXTENTS):
                return False
        both = value_and_grad(primal)
        texts = [both.source(*arguments(3, 4), level=level) for level in ("flat", "loops")]
        runs = [run_text(t) for t in texts] + ([both] if compiled else [])
        for extents in EXTENTS:
            args = arguments(*extents)
            expected, value = complex_step(primal, *args), primal(*copied(args))
            for run in runs:
                given = copied(args)
                got_value, got = run(*given)
                np.testing.assert_allclose(got_value, value, rtol=1e-10)
                assert_gradient(got, expected, args, list(PARAMETERS), 1e-8, how=str(extents))
                np.testing.assert_equal(list(flatten(given)), list(flatten(args)))
        return True
    except Exception as error:
        error.add_note(text)
        raise
    finally:
        forget(primal)


def from_seed(seed: int) -> str:
    return program_text(Choices(random.Random(seed).randint))


@pytest.mark.parametrize("batch", range(4))
def test_random_arrays(batch: int) -> None:
    checked = [check(from_seed(seed)) for seed in range(12 * batch, 12 * batch + 12)]
    assert sum(checked) > 6


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(100))
def test_many_random_arrays(batch: int) -> None:
    for seed in range(100 * batch, 100 * batch + 100):
        check(from_seed(1000 + seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_compiled_random_arrays(seed: int) -> None:
    check(from_seed(seed), compiled=True)
