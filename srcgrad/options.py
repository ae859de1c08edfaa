"""Options: how a gradient's code is to be compiled.

In: what users pass. Out: ``Options``, the same for equal wishes.

Invariant: ``fastmath=False`` keeps every rounding: vectorised mathematics and lanes are off with
it; so are lanes where sums may not be reordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ArgumentError

CONTRACTED = frozenset({"contract", "reassoc", "nsz", "arcp"})
"""The default ``fastmath``: sums may be reordered, nan and infinity are honoured."""


@dataclass(frozen=True)
class Options:
    """How to compile.

    Attributes
    ----------
    fastmath : bool or frozenset of str
        What Numba is given.
    vectormath : bool
        Whether loops call mathematical functions that LLVM vectorises.
    lanes : bool
        Whether independent rounds of a loop run side by side, those over the rows of arrays that a
        loop computes column by column among them; where ``min``, ``max`` or a test says
        which one has a gradient, that one alone: the others add nothing, not zero times infinity.
    out : bool
        Whether gradients can be written into arrays that the caller passes.
    whole : bool
        Whether the version for operands that are broadcast at run time is compiled at once.
    small : bool
        Whether small arrays of constant extents are numbers in what is compiled.
    """

    fastmath: bool | frozenset[str]
    vectormath: bool
    lanes: bool
    out: bool = False
    whole: bool = False
    small: bool = True

    @property
    def key(self) -> list[Any]:
        """The options as plain values."""
        flags = self.fastmath
        plain = flags if isinstance(flags, bool) else sorted(flags)
        return [plain, self.vectormath, self.lanes, self.out, self.whole, self.small]

    def __reduce__(self) -> Any:
        """The same bytes in each process: a compiled caller is found on disk by what it calls."""
        return of_key, tuple(self.key)


def of_key(fastmath: bool | list[str], *switches: bool) -> Options:
    """The options that a ``key`` is of."""
    return Options(fastmath if isinstance(fastmath, bool) else frozenset(fastmath), *switches)


def options(fastmath: Any, vectormath: bool, lanes: bool, out: bool = False) -> Options:
    """The options that ``grad(f, fastmath=..., vectormath=..., lanes=..., out=...)`` asks for.

    Raises
    ------
    ArgumentError
        For what is neither a bool nor a collection of LLVM's flags.
    """
    if fastmath is None:
        return Options(CONTRACTED, vectormath, lanes, out)
    if isinstance(fastmath, bool):
        return Options(fastmath, vectormath and fastmath, lanes and fastmath, out)
    known = {"fast", "nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc"}
    if isinstance(fastmath, set | frozenset | list | tuple) and set(fastmath) <= known:
        reordered = bool({"fast", "reassoc"} & set(fastmath))
        vectorised = vectormath and bool(fastmath)
        return Options(frozenset(fastmath), vectorised, lanes and reordered, out)
    raise ArgumentError(
        f"fastmath={fastmath!r}: pass True, False, or a set of {', '.join(sorted(known))}"
    )
