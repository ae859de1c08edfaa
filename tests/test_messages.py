"""Exceptions that the user's function raises: the gradient raises them, too."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import run_listing

from srcgrad import UnsupportedError, grad


class NegativeError(ValueError):
    """An exception of the user's."""


def of_a_class(x):
    if x < 0:
        raise ValueError
    return x * x


def of_the_users(x):
    if x < 0:
        raise NegativeError("below", 0)
    return x * x


def of_numpys(x):
    if x < 0:
        raise np.linalg.LinAlgError("negative")
    return x * x


def formatted(x):
    if x < 0:
        raise ValueError(f"x is {x:.3f}" + ", below 0")
    return x * x


def by_percent(x):
    if x < 0:
        raise ValueError("100%% of %g" % x) from None  # noqa: UP031
    return x * x


def by_format(x):
    if x < 0:
        raise ValueError("x is {:.3f}".format(x))  # noqa: UP032
    return x * x


def root(z, least):
    if z < least:
        raise ArithmeticError("too small for", least)
    return np.sqrt(z)


def in_a_helper(x):
    return root(x, 0) ** 4


def asserted(x):
    assert x > 0, "x is " + "negative"
    return x * x


def nothing_set(x):
    if x > 1:
        y = x
    elif x > 0:
        y = x * x / x
    else:
        raise KeyError("x")
    return y * x


CASES: list[tuple[Callable[..., Any], type[Exception], tuple[Any, ...]]] = [
    (of_a_class, ValueError, ()),
    (of_the_users, ValueError, ("NegativeError: below: 0",)),
    (of_numpys, np.linalg.LinAlgError, ("negative",)),
    (formatted, ValueError, ("x is ..., below 0",)),
    (by_percent, ValueError, ("100% of ...",)),
    (by_format, ValueError, ("x is ...",)),
    (in_a_helper, ArithmeticError, ("too small for", 0)),
    (asserted, AssertionError, ("x is negative",)),
    (nothing_set, KeyError, ("x",)),
]


@pytest.mark.parametrize(("f", "kind", "args"), CASES)
def test_raised(f: Callable[..., Any], kind: type[Exception], args: tuple[Any, ...]) -> None:
    assert run_listing(grad(f), f, 0.5) == pytest.approx(1.0)
    with pytest.raises(kind) as caught:
        run_listing(grad(f), f, -0.5)
    assert type(caught.value) is kind
    assert caught.value.args == args


@pytest.mark.parametrize("k", [1, 2, 6])
def test_raised_by_compiled_code(k: int) -> None:
    f, kind, args = CASES[k]
    with pytest.raises(kind) as caught:
        grad(f)(-0.5)
    assert caught.value.args == args


def test_a_branch_that_raises_needs_no_flags() -> None:
    assert "is_set" not in grad(nothing_set).source(0.5)


def raises_a_value(x, error):
    if x < 0:
        raise error
    return x * x


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="raise an exception class"):
        grad(raises_a_value, wrt="x")(0.5, 1.0)


def squeezed(x):
    y = np.exp(x)
    return np.squeeze(y[:, :1])


def calls_what_squeezes(x):
    return np.sum(squeezed(x))


def test_an_expression_of_a_helper_is_shown_where_it_is_called() -> None:
    with pytest.raises(UnsupportedError, match=r"test_messages.py.*\n.*squeezed\(x\)"):
        grad(calls_what_squeezes).source(np.ones((3, 2)))
