"""Which cases the ordinary run takes, so that it stays short; the slow one takes them all."""

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(n: int, cases: Iterable[Any]) -> list[Any]:
    """The cases, all but one in ``n`` of them marked as slow.

    A case that is a list or a tuple is taken as the values of several parameters.
    """
    taken = []
    for k, case in enumerate(cases):
        values = case if isinstance(case, list | tuple) else (case,)
        taken.append(pytest.param(*values, marks=() if k % n == 0 else pytest.mark.slow))
    return taken
