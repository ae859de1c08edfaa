"""How a function of the corpus is registered: its sample arguments and what it needs.

``@straight_line(...)`` marks functions without loops, branches or mutation, ``@structured(...)``
all others. The decorators return the function itself, which stays plain Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A primal with sample arguments.

    Attributes
    ----------
    function : callable
        The primal.
    args : tuple
        Sample arguments, away from kinks.
    wrt : names or positions
        As ``grad`` takes them.
    structured : bool
        It has loops, branches, mutation, views or recursion.
    compiled : bool
        It belongs to the subset that the ordinary run compiles as well.
    rtol : float
        What the comparison with the oracle allows.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: Any = None
    structured: bool = False
    compiled: bool = False
    rtol: float = 1e-6

    @property
    def name(self) -> str:
        """The module and the function."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__qualname__}"


CASES: list[Case] = []


def straight_line(*args: Any, **options: Any) -> Callable[[Callable], Callable]:
    """Register a function without control flow or mutation."""

    def register(function: Callable) -> Callable:
        CASES.append(Case(function, args, **options))
        return function

    return register


def structured(*args: Any, **options: Any) -> Callable[[Callable], Callable]:
    """Register a function with loops, branches, mutation, views or recursion."""
    return straight_line(*args, structured=True, **options)


def sample(*shape: int, seed: int = 0, low: float = 0.3, high: float = 1.7) -> np.ndarray:
    """Numbers of an array of some shape, positive, reproducible."""
    return np.random.default_rng(seed + 100).uniform(low, high, shape)


def signed(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers of both signs, none near zero."""
    rng = np.random.default_rng(seed + 200)
    return rng.uniform(0.3, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
