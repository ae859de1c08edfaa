"""Problem: a function to differentiate, its data, and its gradient by other hands.

In: nothing; the families in ``problems/`` make these values. Out: ``Problem``, and the flat
vector by which results are compared.

Invariant: ``function`` is what a user would write; every form of it takes the same arguments.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

Size = tuple[int, ...]

hand_written = numba.njit(
    cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"}
)
"""The options of the hand-written gradients: those that srcgrad compiles with."""


@dataclass(frozen=True)
class Problem:
    """One problem of the benchmark.

    Attributes
    ----------
    name : str
    function : callable
        As a user writes it.
    wrt : tuple of str
        What it is differentiated by.
    sizes : tuple of Size
        From small to large.
    data : callable
        Arguments for a size, always the same.
    hand : callable
        ``(value, gradient, ...)`` in Numba, by hand.
    array : callable, optional
        Given ``numpy``'s look-alike of another tool, the function in whole-array form.
    jax : callable, optional
        Given ``jax``, the function in the form that suits it; left out, ``array`` is taken.
    compose : callable, optional
        Given a compiled gradient, the compiled program that is timed; left out, the gradient.
    out : bool, optional
        Whether the program passes arrays for the gradients.
    primal : callable, optional
        What is timed as the primal; left out, ``function``.
    slow_in : mapping, optional
        For a tool, the largest size that it finishes in reasonable time.
    """

    name: str
    function: Callable[..., Any]
    wrt: tuple[str, ...]
    sizes: tuple[Size, ...]
    data: Callable[..., tuple[Any, ...]]
    hand: Any
    array: Callable[[Any], Callable[..., Any]] | None = None
    jax: Callable[[Any], Callable[..., Any]] | None = None
    compose: Callable[[Any], Any] | None = None
    out: bool = False
    primal: Any = None

    def arguments(self, size: Size) -> tuple[Any, ...]:
        """The arguments for a size."""
        return self.data(*size)


def flat(result: Any) -> np.ndarray:
    """A value and its gradients as one vector."""
    if isinstance(result, tuple | list):
        return np.concatenate([flat(r) for r in result]) if result else np.zeros(0)
    return np.asarray(result, dtype=float).ravel()


def relative_error(got: Any, expected: Any) -> float:
    """The largest difference, in terms of the largest number."""
    a, b = flat(got), flat(expected)
    if a.shape != b.shape:
        return np.inf
    return float(np.max(np.abs(a - b), initial=0.0) / max(np.max(np.abs(b), initial=0.0), 1e-300))


def reference(name: str) -> dict[str, Any]:
    """A stored input with GradBench's own results."""
    path = Path(__file__).parent / "reference" / f"{name}.json.gz"
    with gzip.open(path) as file:
        found: dict[str, Any] = json.load(file)
    return found


def random(*size: int) -> np.random.Generator:
    """The source of a problem's data."""
    return np.random.default_rng([31337, *size])
