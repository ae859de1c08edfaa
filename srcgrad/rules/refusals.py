"""Functions of NumPy's that have no derivative here, and what to do instead.

In: a callable that no table declares. Out: a reason and an advice for the message; None where
nothing more can be said than that it is not known.

Invariant: none of these has a canonical name or a definition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

COMPLEX = "computes with complex numbers, which are not differentiated"
COUNTS = "counts, and counts change in steps: they have no gradient"

_REASONS: dict[Any, tuple[str, str]] = {
    np.roots: (COMPLEX, "find one root by Newton's method, in a loop"),
    np.linalg.eig: (COMPLEX, "use np.linalg.eigh if the matrix is symmetric"),
    np.linalg.eigvals: (COMPLEX, "use np.linalg.eigvalsh if the matrix is symmetric"),
    **dict.fromkeys(
        (np.histogram, np.histogram2d, np.histogramdd),
        (COUNTS, "pass counts as an argument; sums of weights are np.bincount(k, weights=w)"),
    ),
}


def refusal(value: Any) -> tuple[str, str] | None:
    """Why a function has no derivative, and what to write instead."""
    if str(getattr(value, "__module__", "")).startswith("numpy.fft"):
        return COMPLEX, "write the sums with np.cos and np.sin, or use np.convolve"
    try:
        return _REASONS.get(value)
    except TypeError:  # not hashable
        return None
