"""The public functions: ``grad`` and ``value_and_grad``.

In: a Python function. Out: an object that is called like it and returns its gradient.

Invariant: what cannot be differentiated is refused here or at the first call, never silently.
"""

from __future__ import annotations

from typing import Any

from .arguments import Wrt
from .front import gradient_function
from .options import options


def grad(
    f: Any = None,
    *,
    wrt: Wrt = None,
    fastmath: Any = None,
    vectormath: bool = True,
    lanes: bool = True,
    out: bool = False,
) -> Any:
    """The gradient of a function of numbers and arrays that returns a number.

    Parameters
    ----------
    f : callable
        Plain numeric Python; a Numba dispatcher's Python function is used.
    wrt : str, int, or tuple of them, optional
        What to differentiate by. A name or a position gives the bare gradient, a tuple gives a
        tuple; left out, it is every floating-point argument (bare when there is just one).
    fastmath : bool or set of str, optional
        As for ``numba.njit``; by default sums may be reordered and multiply-adds contracted.
        False keeps every rounding and the order of every operation.
    vectormath : bool, optional
        Whether ``exp``, ``log``, ``tanh`` and the like are vectorised in loops (their last bit may
        differ from that of the C library's; see the README); not where ``fastmath=False``.
    lanes : bool, optional
        Whether rounds of a loop that are independent of each other run side by side, so that the
        processor's vectors hold one number of several rounds; not where sums keep their order.
    out : bool, optional
        Whether the gradient has a last parameter ``out``, as NumPy's functions have: an array into
        which the gradient is written, and which is returned; for a tuple of gradients a tuple of
        such arrays, None for those that are to be made as usual (and for numbers). An array has the
        shape and the dtype of the argument and shares no memory with an argument or with another
        array of ``out``; else it is an error (``ArgumentError``, or ``ValueError`` from compiled
        code), and nothing has been written. It may be a view, of any strides.

    Returns
    -------
    GradFunction
        Called like ``f``, from Python and from compiled code. A gradient has the shape and the
        dtype of its argument. ``.source()`` is its text.

    Raises
    ------
    ArgumentError
        For a bad ``wrt`` or bad arguments.
    UnsupportedError
        For what has no gradient.
    SourceMismatchError
        Where the source cannot be read.

    Examples
    --------
    >>> from srcgrad import grad
    >>> @grad
    ... def f(x, y):
    ...     return x * x * y
    >>> f(3.0, 2.0)
    (12.0, 9.0)

    Gradients of many points, each written where it belongs:

    >>> import numpy as np
    >>> def length(x):
    ...     return np.sum(x * x)
    >>> slope = grad(length, out=True)
    >>> points, slopes = np.arange(6.0).reshape(3, 2), np.empty((3, 2))
    >>> for point, result in zip(points, slopes):
    ...     _ = slope(point, out=result)
    >>> slopes
    array([[ 0.,  2.],
           [ 4.,  6.],
           [ 8., 10.]])
    """
    if f is None:
        return lambda function: grad(
            function, wrt=wrt, fastmath=fastmath, vectormath=vectormath, lanes=lanes, out=out
        )
    return gradient_function(f, wrt, False, options(fastmath, vectormath, lanes, out))


def value_and_grad(
    f: Any = None,
    *,
    wrt: Wrt = None,
    fastmath: Any = None,
    vectormath: bool = True,
    lanes: bool = True,
    out: bool = False,
) -> Any:
    """The value of a function and its gradient, ``(value, gradient)``.

    Parameters, errors and conventions are those of ``grad``; the pair is what
    ``scipy.optimize.minimize`` takes with ``jac=True``.

    Examples
    --------
    >>> from srcgrad import value_and_grad
    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    if f is None:
        return lambda function: value_and_grad(
            function, wrt=wrt, fastmath=fastmath, vectormath=vectormath, lanes=lanes, out=out
        )
    return gradient_function(f, wrt, True, options(fastmath, vectormath, lanes, out))
