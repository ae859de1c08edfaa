"""The pipeline: a Python function in, the text of its gradient out.

In: a function, what to differentiate it by, the types of its arguments. Out: ``Derived``: the
flat text that people read and the text at level "loops" that Numba compiles.

Invariant: each stage takes what the one before it returns; nothing here knows how a stage
works.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numba
from numba import types

from .analysis.aliasing import written_parameters
from .analysis.facts import Facts, facts
from .analysis.plan import Plan
from .analysis.recording import recording
from .arguments import is_floating
from .backend.emit import emit
from .calls import note_changes, with_calls
from .errors import ArgumentError, Complaint, Place, UnsupportedError
from .frontend.inline import Inlined
from .frontend.parse import parse
from .gate_types import backward_stubs
from .other_forms import Form, other_form
from .program import Assign, Program, verify, walk, whole_of
from .recursion import Routine, Routines, reachable, reachable_from
from .returned import refuse_shared
from .sweeps import Sweeps, completed, functions, sweeps
from .transform.adjoint import Parts, adjoint
from .transform.hoisted import hoisted
from .transform.into import into
from .transform.lower import lower, versions
from .transform.prepare import prepare
from .transform.private import rearranged
from .transform.simplify import simplify


@dataclass(frozen=True)
class Derived:
    """A gradient as text.

    Attributes
    ----------
    flat : str
        The listing: NumPy statements, forward then backward.
    programs : tuple of Program
        The gradient and the functions that it calls by name, flat.
    vectormath, lanes : bool
        Whether loops call mathematical functions that LLVM vectorises, and whether independent
        rounds run side by side.
    name : str
        The function's name in both.
    result : numba.types.Type
        The type of what it returns.
    into : callable or None
        Gives a gradient, at either level, the parameter ``out``, if it is to have one.
    gates : mapping of str to function
        Gates of the user's that it calls.
    written : frozenset of str
        The parameters that the primal may write to, and captured arrays: ``captured0_``, ...
    extra : tuple of numpy.ndarray
        Captured arrays, passed after the user's arguments.
    look_for_form : callable
        Gives the gradient of another form of the primal, which is compiled in place of the first
        program; None where there is no other.
    """

    flat: str
    programs: tuple[Program, ...]
    vectormath: bool
    lanes: bool
    name: str
    result: types.Type
    into: Callable[[Program], Program] | None
    written: frozenset[str]
    extra: tuple[Any, ...] = ()
    gates: Mapping[str, Any] = field(default_factory=dict)
    look_for_form: Callable[[], Form | None] = lambda: None

    @functools.cached_property
    def form(self) -> Form | None:
        """The form that is compiled, if it is another; looked for when it is first needed."""
        return self.look_for_form()

    @functools.cached_property
    def loops(self) -> str:
        """What Numba compiles, with a version for operands that are broadcast at run time."""
        return self._lowered(later=False)

    @functools.cached_property
    def straight(self) -> str:
        """The same without that version: it raises where operands are broadcast at run time."""
        return self._lowered(later=True)

    def _lowered(self, later: bool) -> str:
        first, *rest = self.programs
        form, vectormath, lanes = self.form, self.vectormath, self.lanes
        others = [lower(p, vectormath, lanes=lanes) for p in rest]
        if self.into is not None:  # one version: a caller that passes arrays has loops of its own
            alone = form.alone(first) if form else first
            own = lower(  # the caller's memory
                alone, vectormath, lanes=lanes, reclaim=False, in_memory=False
            )
            return emit(self.into(own), others, "loops")
        as_loops = form.as_loops if form else versions
        main, *broadcast = as_loops(first, vectormath, lanes, later)
        return emit(main, [*others, *broadcast], "loops")


def derive(
    function: Any,
    wrt: Sequence[str] | None,
    with_value: bool,
    argument_types: tuple[types.Type, ...],
    tupled: bool = False,
    vectormath: bool = True,
    lanes: bool = True,
    out: types.Type | None = None,
    small: bool = True,
) -> Derived:
    """Differentiate a function for arguments of these types.

    Parameters
    ----------
    function : callable
        The primal.
    wrt : sequence of str or None
        Parameters; None for every floating-point one.
    with_value : bool
        Whether the value is returned as well.
    argument_types : tuple of numba.types.Type
        One for each parameter.
    tupled : bool
        Whether the gradient is a tuple even of one.
    vectormath : bool
        Whether loops call mathematical functions that LLVM vectorises.
    lanes : bool
        Whether independent rounds of a loop run side by side.
    out : numba.types.Type, optional
        The type of a last parameter: the arrays into which gradients are written.
    small : bool
        Whether what is compiled has numbers for small arrays.

    Raises
    ------
    SrcgradError
        What cannot be differentiated.
    """
    routines = Routines()
    source = parse(function)
    typed, result, inlined = routines.typed(source, argument_types)
    check_result(result, inlined)
    called = reachable(typed, routines.known.values())
    note_changes(called)
    typed = with_calls(typed, inlined.places, called)
    refuse_shared(typed, inlined.places, called)
    if wrt is not None:  # a parameter may have another name there, where the rules have its own
        renamed = dict(zip(source.parameters, typed.params, strict=False))
        wrt = [renamed[name] for name in wrt]
    extra = tuple(inlined.arrays.values())
    captured = (f"captured{k}_" for k in range(len(extra)))
    user = dict(zip(typed.params, (*source.parameters, *captured), strict=True))
    changed = frozenset(user[p] for p in written_parameters(typed))
    kinds = (*argument_types, *map(numba.typeof, extra))
    swept = sweeps(called, typed, planned)
    gradient_of = functools.partial(
        gradient_program,
        kinds=kinds,
        places=inlined.places,
        wrt=wrt,
        shape=(with_value, tupled),
        swept=swept,
    )
    finished, returned = gradient_of(typed)
    others = emitted_routines(called, swept, finished)
    check_constants([finished, *others])
    chosen = chosen_parameters(typed, wrt, dict(zip(typed.params, kinds, strict=True)))
    written = (
        None
        if out is None
        else functools.partial(
            written_into, out=out, kind=returned, chosen=chosen, shape=(with_value, tupled)
        )
    )
    flat = emit(written(finished) if written else finished, others)
    programs = (finished, *others)
    gates = {name: f for p in programs for name, f in p.gates.items()}
    look_for_form = functools.partial(
        other_form,
        typed,
        lambda primal: gradient_of(primal)[0],
        lambda primal: infer_again(primal, kinds, inlined.places)[0],
        rows=lanes and out is None and not called,
        small=small and not called,
    )
    return Derived(
        flat,
        programs,
        vectormath,
        lanes,
        finished.name,
        returned,
        written,
        changed,
        extra,
        gates,
        look_for_form,
    )


def gradient_program(
    typed: Program,
    kinds: tuple[types.Type, ...],
    places: Mapping[int, Place],
    wrt: Sequence[str] | None,
    shape: tuple[bool, bool],
    swept: Sweeps,
) -> tuple[Program, types.Type]:
    """From a typed primal to its typed gradient, and the type of the result."""
    prepared = hoisted(prepare(typed))
    given = dict(zip(typed.params, kinds, strict=True))
    structure = gradient_structure(prepared, wrt, given)
    names = [name for parts in structure.values() for name in leaves_of(parts)]
    flat = differentiate(prepared, names, structure, shape, places, swept.tapes)
    flat = completed(flat, swept)
    flat = replace(flat, routines={**flat.routines, **backward_stubs(flat.gates)})
    return infer_again(flat, kinds, places)


def written_into(
    program: Program,
    out: types.Type,
    kind: types.Type,
    chosen: Sequence[str],
    shape: tuple[bool, bool],
) -> Program:
    """The gradient with the parameter ``out``."""
    with_value, tupled = shape
    bare = len(chosen) == 1 and not tupled
    return into(program, kind, out, chosen[0] if bare else chosen, with_value)


def emitted_routines(called: Sequence[Routine], swept: Sweeps, gradient: Program) -> list[Program]:
    """The recursive functions that a gradient calls, and their two sweeps."""

    def typed(program: Program, kinds: Any, places: Mapping[int, Place]) -> Program:
        stubbed = {**program.routines, **backward_stubs(program.gates)}
        return infer_again(replace(program, routines=stubbed), kinds, places)[0]

    found = functions(swept, typed)
    for routine in reachable_from((gradient, *found), called):
        assert routine.program is not None
        found.append(routine.program)
    return found


def check_constants(programs: Sequence[Program]) -> None:
    """Refuse functions of one module in which a name stands for different captured values.

    Raises
    ------
    UnsupportedError
        With the name.
    """
    known: dict[str, object] = {p.name: p for p in programs}
    for name, value in ((n, v) for p in programs for n, v in p.constants.items()):
        if repr(known.setdefault(name, value)) != repr(value):
            reason = f"`{name}` has different values in functions that call each other"
            raise UnsupportedError(Complaint(None, reason, "give each its own name"))


def differentiate(
    program: Program,
    wrt: Sequence[str],
    structure: Mapping[str, Parts],
    shape: tuple[bool, bool],
    places: Mapping[int, Place],
    reserved: Collection[str] = (),
) -> Program:
    """Analyses, plan, sweeps: the flat gradient program."""
    found, plan = planned(program, wrt, places)
    other = program if program.recursive else rearranged(found)
    if other.body != program.body:
        again = planned(other, wrt, places)
        if reversed_at_once(*again) > reversed_at_once(found, plan):
            found, plan = again
    both = adjoint(found, plan, dict(structure), *shape, reserved)
    flat = simplify(both, primal_names(program))
    verify(flat)
    return flat


def reversed_at_once(found: Facts, plan: Plan) -> int:
    """The number of statements in loops whose rounds are reversed as soon as they have run."""
    return sum(len(list(walk((found.program.body[k],)))) for k in plan.fused)


def planned(
    program: Program, wrt: Sequence[str], places: Mapping[int, Place]
) -> tuple[Facts, Plan]:
    """What the analyses find, and what is recorded."""
    carried: frozenset[str] = frozenset()
    while True:
        found = facts(program, wrt, places, carried)
        plan = recording(found, fuse=not program.recursive)
        if plan.invalid <= carried:
            return found, plan
        carried |= plan.invalid


def primal_names(program: Program) -> set[str]:
    """Names that the primal binds, those made up for the reversal left out."""
    return set(program.types) - {n for n in program.types if n.startswith("rounds")}


def leaves_of(parts: Parts) -> list[str]:
    """The names in a structure."""
    return [parts] if isinstance(parts, str) else [n for p in parts for n in leaves_of(p)]


def gradient_structure(
    program: Program, wrt: Sequence[str] | None, given: Mapping[str, types.Type]
) -> dict[str, Parts]:
    """For each parameter to differentiate by, its name or the names of its parts.

    What is given counts, not the name's type: an integer may become a float later.
    """
    leaves: dict[str, list[str]] = {}
    for stmt in program.body:
        if isinstance(stmt, Assign) and (whole := whole_of(stmt.value)) in program.params:
            leaves.setdefault(whole, []).append(stmt.target)

    def structure(kind: types.Type | None, names: Iterator[str]) -> Parts:
        """The names in the form of a type."""
        if isinstance(kind, types.BaseTuple):
            return tuple(structure(k, names) for k in kind.types)
        return next(names)

    chosen = chosen_parameters(program, wrt, given)
    kinds = {p: program.types.get(p) for p in chosen}
    tuples = {p for p, kind in kinds.items() if isinstance(kind, types.BaseTuple)}
    return {p: structure(kinds[p], iter(leaves[p])) if p in tuples else p for p in chosen}


def chosen_parameters(
    program: Program, wrt: Sequence[str] | None, given: Mapping[str, types.Type]
) -> list[str]:
    """The parameters to differentiate by."""
    user = [p for p in program.params if p not in program.hidden]
    return [p for p in user if is_floating(given[p])] if wrt is None else list(wrt)


def check_result(result: types.Type, inlined: Inlined) -> None:
    """Refuse a primal whose result is not a number with a gradient.

    Raises
    ------
    ArgumentError
        With what to do instead.
    """
    if isinstance(result, types.Float):
        return
    place = inlined.places.get(inlined.tree.body[-1].lineno)
    name = inlined.tree.name
    if isinstance(result, types.Array):
        reason = f"`{name}` returns an array; a gradient is that of a scalar"
        advice = "return a number: `np.sum(...)` of it, or one element"
    elif isinstance(result, types.BaseTuple):
        reason = f"`{name}` returns a tuple; a gradient is that of a scalar"
        advice = "return one number"
    elif isinstance(result, types.NoneType):
        reason = f"`{name}` returns nothing; a gradient is that of a scalar"
        advice = "end the function with `return` and a number"
    else:
        reason = f"`{name}` returns {result}, which has no gradient"
        advice = "return a floating-point number"
    raise ArgumentError(Complaint(place, reason, advice))


def infer_again(
    flat: Program, kinds: tuple[types.Type, ...], places: Mapping[int, Place]
) -> tuple[Program, types.Type]:
    """The types of every name of the gradient program, gradients included."""
    from .frontend.infer import typed
    from .frontend.one_pass import types_of

    typing = types_of(flat, kinds, places)
    known = dict(zip(flat.params, kinds, strict=True))
    return typed(flat, typing, known), typing.result
