"""Gates of the user's own: functions whose derivative the user states.

In: a function with a line of text for each argument, or with a backward function. Out: the same
function, marked with a ``Gate``, which stays one step of every listing.

Invariant: a gate's texts are checked when it is defined, as those of the rule tables are; whether
the derivative is right is up to the user.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from numba.extending import overload

from .backend import cache
from .errors import ArgumentError, Complaint, Place
from .meanings import plain_function

if TYPE_CHECKING:
    from .rules.patterns import Pull


@dataclass(frozen=True, eq=False)
class Gate:
    """What a gate's function is marked with.

    Attributes
    ----------
    function : function
        The marked function, in plain Python.
    parameters : tuple of str
        Its arguments.
    texts : tuple of str
        The rule, as it was written; empty where there is a backward function.
    backward : function or None
        From the arguments, the result and its gradient to the arguments' gradients.
    data : frozenset of str
        Arguments without a gradient because the user says so.
    numbers : frozenset of str
        Arguments without a gradient because they are integers, by annotation or default.
    """

    function: FunctionType
    parameters: tuple[str, ...]
    texts: tuple[str, ...]
    backward: FunctionType | None
    data: frozenset[str]
    numbers: frozenset[str]

    @functools.cached_property
    def pulls(self) -> tuple[Pull, ...]:
        """The rule, parsed."""
        return parsed(self.texts, self.parameters)

    @property
    def active(self) -> tuple[str, ...]:
        """The arguments that a gradient flows to."""
        return tuple(p for p in self.parameters if p not in self.data | self.numbers)


def gate_of(value: Any) -> Gate | None:
    """The gate that a function is marked with, if it is one."""
    found = getattr(value, "__gate__", None)
    return found if isinstance(found, Gate) else None


def gate(*rule: str, backward: Any = None, data: str | Iterable[str] = ()) -> Any:
    """Make a function a gate: one step of every listing, with a derivative of your own.

    The rule is one line of text for each argument, in terms of the arguments, the result ``z``
    and its gradient ``grad_z``, as in srcgrad's own tables; or a backward function. The text's form
    is checked when the gate is defined; that it is the derivative is up to you: srcgrad
    takes your word for it.

    Parameters
    ----------
    *rule : str
        Such as ``"grad_x += grad_z * 2 * x"``. What has more axes than the argument is summed over
        those along which the argument was broadcast; what has fewer is broadcast.
    backward : callable, optional
        Called with the arguments, the result and the result's gradient; returns the gradient of
        the argument, or a tuple with that of each argument that is not data, in order.
    data : str or iterable of str
        Arguments without a gradient. Those annotated ``int`` or ``bool``, or with such a
        default, need not be named.

    Returns
    -------
    callable
        A decorator. The gate is called like the function, from plain Python, from ``@njit`` code
        and from what ``grad`` differentiates.

    Raises
    ------
    ArgumentError
        For a rule that names what is unknown, or that misses an argument.

    Examples
    --------
    >>> from srcgrad import gate, grad
    >>> @gate("grad_x += grad_z * 2 * x")
    ... def square(x):
    ...     return x * x
    >>> @grad
    ... def f(x):
    ...     return 3.0 * square(x)
    >>> f(2.0)
    12.0
    """
    if any(not isinstance(text, str) for text in rule):
        raise ArgumentError('a gate needs its rule: `@gate("grad_x += grad_z * ...")`')
    if bool(rule) == (backward is not None):
        raise ArgumentError("a gate has either rules in text or a backward function")
    constant = (data,) if isinstance(data, str) else tuple(data)

    def decorate(function: Any) -> Any:
        marked: Any = _copy(function) if isinstance(function, FunctionType) else function
        marked.__gate__ = _made(plain_function(marked), rule, backward, constant)
        if isinstance(marked, FunctionType):
            _let_numba_call(marked)
        return marked

    return decorate


def _made(
    function: FunctionType, rule: tuple[str, ...], backward: Any, data: tuple[str, ...]
) -> Gate:
    """The gate of a function, checked."""
    signature = inspect.signature(function)
    names = tuple(signature.parameters)

    def refuse(reason: str, advice: str = "") -> ArgumentError:
        code = function.__code__
        place = Place(code.co_filename, code.co_firstlineno)
        return ArgumentError(Complaint(place, f"the gate `{function.__name__}`: {reason}", advice))

    if function.__code__.co_name == "<lambda>":
        raise refuse("a lambda cannot be a gate", "write a `def`")
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in signature.parameters.values()):
        raise refuse("it takes arguments by a star or by keyword only", "name plain parameters")
    if reserved := {"z", "grad_z"} & set(names):
        raise refuse(f"`{reserved.pop()}` means the result here", "rename the argument")
    if unknown := set(data) - set(names):
        raise refuse(f"it has no argument `{sorted(unknown)[0]}`")
    try:
        ruled = checked(rule, names)
    except (ValueError, SyntaxError) as error:
        raise refuse(str(error)) from None
    constant = frozenset(data)
    if both := ruled & constant:
        raise refuse(f"`{sorted(both)[0]}` is data, and has a rule")
    numbers = {n for n, p in signature.parameters.items() if _is_number(p)} - ruled - constant
    missing = [n for n in names if n not in ruled | constant | numbers]
    if rule and missing:
        raise refuse(
            f"no rule for the argument `{missing[0]}`",
            f'add "grad_{missing[0]} += ...", or say `data="{missing[0]}"` if it has no gradient',
        )
    plain = None if backward is None else plain_function(backward)
    if plain is not None:
        if missing == []:
            raise refuse("every argument is data")
        expected = len(names) + 2
        if plain.__code__.co_argcount != expected or plain.__code__.co_name == "<lambda>":
            shown = ", ".join((*names, "z", "grad_z"))
            raise refuse(f"its backward function is to be a `def` with arguments ({shown})")
    return Gate(function, names, rule, plain, constant, frozenset(numbers))


def parsed(rule: Iterable[str], names: tuple[str, ...]) -> tuple[Pull, ...]:
    """The lines of a rule, checked."""
    from .rules.canonical import canonical_pull  # the tables cost much: only where needed
    from .rules.patterns import make_pull

    return tuple(canonical_pull(make_pull(text, names)) for text in rule)


def checked(rule: tuple[str, ...], names: tuple[str, ...]) -> set[str]:
    """The arguments that a rule has lines for; what was checked once is known on the disk."""
    if not rule:
        return set()
    key = cache.digest_of("gate", rule, names)
    operands = cache.recall(key)
    if operands is None:
        operands = [p.operand for p in parsed(rule, names)]
        cache.remember(key, operands)
    return set(operands)


def _is_number(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is an integer by its annotation or its default."""
    if parameter.annotation in (int, bool, "int", "bool"):
        return True
    return isinstance(parameter.default, int)


def _copy(function: FunctionType) -> FunctionType:
    """A function of its own with the same code, so that the mark is not on the user's."""
    new = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    new.__kwdefaults__ = function.__kwdefaults__
    new.__dict__.update(function.__dict__)
    for name in ("__module__", "__qualname__", "__doc__", "__annotations__"):
        setattr(new, name, getattr(function, name))
    return new


def _let_numba_call(function: FunctionType) -> None:
    """Have ``@njit`` code call a gate: it is compiled from the source that listings carry."""
    signature = inspect.signature(function)
    defaults = {f"default_{n}": p.default for n, p in signature.parameters.items()}
    params = ", ".join(
        n if p.default is p.empty else f"{n}=default_{n}" for n, p in signature.parameters.items()
    )
    scope: dict[str, Any] = dict(defaults)
    names = ", ".join(signature.parameters)
    text = f"def implementation({params}):\n    return compiled({names})\n"
    exec(text, scope)

    def chosen() -> Callable[..., Any]:
        from .frontend.carried import module

        if "compiled" not in scope:
            scope["compiled"] = module({function.__name__: function})[function.__name__]
        return scope["implementation"]  # type: ignore[no-any-return]

    inner = {**defaults, "chosen": chosen}
    exec(f"def template({params}):\n    return chosen()\n", inner)
    overload(function, jit_options={"fastmath": False})(inner["template"])
