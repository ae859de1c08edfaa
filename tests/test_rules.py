"""Every rule against finite differences, generated from the tables: being there is being tested."""

from __future__ import annotations

import ast
import itertools
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numba import typeof, types

from srcgrad.rules import registry, support
from srcgrad.rules.patterns import FAMILIES, RULES, Rule, make_rule

ALL = [rule for rules in RULES.values() for rule in rules]
FAMILY_CALLS = {
    "np.array": ["[a, b, 2.0]", "[[a, b], [c, d]]", "(a, 1.0)", "[[a], [b]]"],
    "np.concatenate": ["(X, Y)", "(X, Y, X2), axis=1", "(X, Y), axis=-1", "(p, q)"],
    "np.stack": ["(X, Y)", "(X, Y, X2), axis=1", "(X, Y), axis=-1", "(p, p2)"],
    "np.hstack": ["(X, Y)", "(p, q)"],
    "np.vstack": ["(X, Y)", "(p, p2)"],
    "np.column_stack": ["(X, Y)", "(p, p2)"],
    "np.dstack": ["(X, Y)"],
    "np.einsum": [
        "'ij,ik->jk', X, Y",
        "'i,i->', p, q",
        "'ij,ij->i', X, Y",
        "'ij->ji', X",
        "'i,j->ij', p, q",
        "'ii->', Z",
        "'ii->i', Z",
        "'ij->j', X",
        "'ij,k->k', X, p",
        "'ii,ij,kj->k', Z, X, Y",
    ],
    "np.tensordot": [
        "X, Z, axes=(0, 0)",
        "X, Y",
        "X, Y, axes=([0, 1], [0, 1])",
        "Z, X, axes=1",
        "p, q, axes=0",
        "X, Y, axes=[[-1], [-1]]",
    ],
}
SCALAR_ONLY = ("z = math.", "z = float(", "z = max(", "z = min(", "z = np.arange(",
               "z = np.linspace(")  # fmt: skip
SCALAR_OPERANDS = {"v", "q"}
ELEMENTWISE_SHAPES: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((),), ((5,),), ((3, 4),), ((2, 3, 2),), ((0,),), ((1,),)],
    2: [((), ()), ((5,), (5,)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (3,)), ((2, 3), ()),
        ((0,), ()), ((1,), (1, 1)), ((2, 3, 4), (3, 1))],
    3: [((), (), ()), ((4,), (4,), (4,)), ((3, 4), (4,), (3, 1)), ((3, 4), (), ()), ((0,), (), ())],
}  # fmt: skip
SHAPES: list[tuple[int, ...]] = [(5,), (3, 4), (2, 3, 4), (1, 1)]
SIZES = [
    {"n": 3, "m": 4, "k": 2, "j": 5, "b": 2},
    {"n": 1, "m": 1, "k": 1, "j": 1, "b": 1},
    {"n": 4, "m": 1, "k": 3, "j": 2, "b": 1},
]


def scope() -> dict[str, Any]:
    """What rule texts may name."""
    helpers = {name: registry.helper(name) for name in registry.FUNCTIONS if "." not in name}
    return {"np": np, "math": math, **{k: v for k, v in helpers.items() if v}}


SCOPE = scope()


@dataclass(frozen=True)
class Case:
    """A rule with values for its operands; those in ``given`` are written as literals."""

    rule: Rule
    values: Mapping[str, Any]
    given: Mapping[str, Any]

    @property
    def op(self) -> ast.expr:
        """The operation, with the given operands as literals."""
        literals = {k: ast.parse(show(v), mode="eval").body for k, v in self.given.items()}
        return registry.instantiate(self.rule.op, literals)

    def value(self, values: Mapping[str, Any]) -> Any:
        """The operation's value."""
        return evaluate(self.op, values)


def show(value: Any) -> str:
    return f"np.{value.__name__}" if isinstance(value, type) else repr(value)


def evaluate(expr: ast.expr, values: Mapping[str, Any]) -> Any:
    """An expression's value; helpers get the variant for their operands' ranks."""
    found = dict(SCOPE)
    for call in (n for n in ast.walk(expr) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Name) and registry.helper(call.func.id):
            ranks = tuple(np.ndim(evaluate(a, values)) for a in call.args)
            found[call.func.id] = registry.helper(call.func.id, [ranks])
    code = compile(ast.fix_missing_locations(ast.Expression(expr)), "<rule>", "eval")
    with np.errstate(all="ignore"):
        return eval(code, {**found, **values})


def sample(rng: np.random.Generator, rule: Rule, name: str, shape: tuple[int, ...]) -> Any:
    """Values for an operand, distinct in magnitude so that no kink is near."""
    domain = rule.domain
    if isinstance(domain, dict):
        domain = domain.get(name, (-2.0, 2.0))
    if callable(domain):
        return domain(rng, shape)
    low, high = domain
    size = math.prod(shape)
    spread = (np.arange(size) + rng.uniform(0.2, 0.8)) / max(size, 1)
    values = low + (high - low) * rng.permutation(spread).reshape(shape)
    return values if shape else float(values)


def shapes_of(rule: Rule) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Shapes for the operands that are sampled."""
    free = [name for name in rule.operands if name not in rule.given]
    scalar = rule.when == "scalar" or rule.text.startswith(SCALAR_ONLY)
    if rule.signature:
        dims = [part.split(",") for part in rule.signature.split("->")[0][1:-1].split("),(")]
        for sizes in SIZES if any(d in SIZES[0] for part in dims for d in part) else SIZES[:1]:
            yield tuple(
                tuple(sizes[d] if d in sizes else int(d) for d in part if d)
                for name, part in zip(rule.operands, dims, strict=False)
                if name in free
            )
    elif scalar:
        yield ((),) * len(free)
    elif rule.elementwise:
        for shapes in ELEMENTWISE_SHAPES[max(len(free), 1)]:
            if rule.when != "array" or any(shapes):
                yield shapes[: len(free)]
    else:
        for shape in SHAPES:
            yield tuple(() if name in SCALAR_OPERANDS else shape for name in free)


def fits(given: Mapping[str, Any], shapes: tuple[tuple[int, ...], ...]) -> bool:
    """Whether axes that are given exist, and degrees of freedom are left."""
    if "d" in given and all(n == 1 for n in shapes[0]):
        return False
    axis = given.get("axis")
    axes = axis if isinstance(axis, tuple) else (axis,)
    rank = len(shapes[0]) if shapes else 0
    return axis is None or all(-rank <= a < rank for a in axes)


def cases(rule: Rule) -> Iterator[Case]:
    rng = np.random.default_rng(zlib.crc32(rule.text.encode()))
    names = [n for n in rule.given if n in rule.operands]
    for shapes in shapes_of(rule):
        for chosen in itertools.product(*(rule.given[n] for n in names)):
            given = dict(zip(names, chosen, strict=True))
            if fits(given, shapes):
                free = [n for n in rule.operands if n not in given]
                values = {n: sample(rng, rule, n, s) for n, s in zip(free, shapes, strict=True)}
                yield Case(rule, values, given)


def family_cases() -> Iterator[Case]:
    rng = np.random.default_rng(5)
    shapes = {"Z": (3, 3), "X": (3, 2), "Y": (3, 2), "X2": (3, 2), "p": (4,), "p2": (4,), "q": (4,)}
    known = {name: np.zeros(shapes.get(name, ())) for name in [*"abcd", *shapes]}
    for name in FAMILIES:
        for arguments in FAMILY_CALLS[name]:
            call = ast.parse(f"{name}({arguments})", mode="eval").body
            assert isinstance(call, ast.Call)
            ids = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)} - {"np"}
            made = FAMILIES[name](call, lambda e: np.ndim(evaluate(e, known)))
            assert made is not None
            values = {n: sample(rng, made, n, shapes.get(n, ())) for n in sorted(ids)}
            yield Case(make_rule(f"z = {name}({arguments})"), values, {})


def grouped() -> dict[str, list[Case]]:
    """The cases by the rule's text: a test a rule, for thousands of small ones take long to run."""
    found: dict[str, list[Case]] = {}
    for case in itertools.chain(*map(cases, ALL), family_cases()):
        found.setdefault(case.rule.text[4:], []).append(case)
    return found


CASES = grouped()


def for_every_case(check: Callable[[Case], None]) -> Callable[[str], None]:
    """A test for each rule, of all its cases; what fails says which case it was."""

    @pytest.mark.parametrize("rule", CASES)
    def test(rule: str) -> None:
        for case in CASES[rule]:
            try:
                check(case)
            except Exception as error:
                error.add_note(identify(case))
                raise

    return test


def matched(case: Case, values: Mapping[str, Any]) -> tuple[registry.Match, dict[str, ast.expr]]:
    """The rule that ``match`` finds, and what the names of its texts stand for."""
    found = registry.match(case.op, lambda e: np.ndim(evaluate(e, values)))
    assert found is not None, case.rule.text
    seed = {"z": ast.Name("_z", ast.Load()), "grad_z": ast.Name("_grad_z", ast.Load())}
    return found, {**found.operands, **seed}


def gradients(case: Case, values: Mapping[str, Any], z: Any, grad_z: Any) -> dict[str, Any]:
    """The operands' gradients by the rule that ``match`` finds."""
    found, mapping = matched(case, values)
    result = {n: np.zeros(np.shape(x)) for n, x in values.items()}
    known = {**values, "_z": z, "_grad_z": grad_z}
    for pull in found.rule.pulls:
        actual = found.operands[pull.operand]
        if not isinstance(actual, ast.Name) or actual.id not in values:
            continue
        value = evaluate(registry.instantiate(pull.value, mapping), known)
        shape = np.shape(values[actual.id])
        if found.rule.elementwise and np.ndim(value):
            assert np.shape(value) == np.shape(z), case.rule.text
            value = support.unbroadcast(np.asarray(value), shape)
        if not pull.spread:
            assert np.shape(value) == shape, (case.rule.text, np.shape(value), shape)
        result[actual.id] = result[actual.id] + (-value if pull.negative else value)
    return result


def directional(case: Case, directions: Mapping[str, Any], grad_z: Any) -> float:
    """The derivative of <grad_z, z> by central differences, extrapolated twice."""

    def slope(h: float) -> float:
        ends = []
        for sign in (1, -1):
            moved = {n: x + sign * h * directions[n] if n in directions else x
                     for n, x in case.values.items()}  # fmt: skip
            ends.append(np.sum(np.asarray(grad_z) * np.asarray(case.value(moved))))
        return float((ends[0] - ends[1]) / (2 * h))

    h = 1e-3
    one, two, four = slope(h), slope(h / 2), slope(h / 4)
    first, second = (4 * two - one) / 3, (4 * four - two) / 3
    return (16 * second - first) / 15


def identify(case: Case) -> str:
    shapes = ",".join(str(np.shape(x)).replace(" ", "") for x in case.values.values())
    return f"{case.rule.text[4:]}|{shapes}|{','.join(map(show, case.given.values()))}"


def is_float(x: Any) -> bool:
    return np.asarray(x).dtype.kind == "f"


@for_every_case
def test_rule_against_differences(case: Case) -> None:
    rng = np.random.default_rng(11)
    z = case.value(case.values)
    grad_z = rng.uniform(0.5, 1.5, np.shape(z)) if np.ndim(z) else 1.25
    directions = {n: rng.uniform(-1, 1, np.shape(x)) for n, x in case.values.items() if is_float(x)}
    found = gradients(case, case.values, z, grad_z)
    mine = sum(float(np.sum(found[n] * v)) for n, v in directions.items())
    expected = directional(case, directions, grad_z)
    loose = "float32" in case.rule.text
    assert mine == pytest.approx(expected, rel=1e-2 if loose else 1e-7, abs=1e-8)


@for_every_case
def test_layout_changes_nothing(case: Case) -> None:
    """Fortran, strided and reversed operands give what contiguous ones give."""
    z = case.value(case.values)
    grad_z = np.linspace(0.5, 1.5, np.size(z)).reshape(np.shape(z)) if np.ndim(z) else 1.25
    expected = gradients(case, case.values, z, grad_z)
    for layout in (np.asfortranarray, strided, reversed_strides):
        values = {n: layout(x) if np.ndim(x) else x for n, x in case.values.items()}
        found = gradients(case, values, case.value(values), grad_z)
        for name in found:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-12, atol=1e-12)


def strided(x: Any) -> Any:
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def reversed_strides(x: Any) -> Any:
    turn = (slice(None, None, -1),) * x.ndim
    return x[turn].copy()[turn]


@for_every_case
def test_float32_stays_float32(case: Case) -> None:
    arrays = [x for x in case.values.values() if np.ndim(x)]
    if not arrays or "dtype" in case.given or "float64" in case.rule.text:
        return  # no array operands, or a cast
    values = {n: np.asarray(x, np.float32)[()] if is_float(x) else x
              for n, x in case.values.items()}  # fmt: skip
    z = case.value(values)
    if np.asarray(z).dtype == np.float64:
        return  # NumPy's own result is float64
    grad_z = np.ones_like(z) if np.ndim(z) else np.float32(1)
    found, mapping = matched(case, values)
    for pull in found.rule.pulls:
        value = evaluate(
            registry.instantiate(pull.value, mapping), {**values, "_z": z, "_grad_z": grad_z}
        )
        if np.ndim(value):
            assert value.dtype == np.float32, ast.unparse(pull.value)


@for_every_case
def test_result_type_is_numpys(case: Case) -> None:
    for dtype in (np.float64, np.float32):
        check_result_type(case, dtype)


def check_result_type(case: Case, dtype: Any) -> None:
    values = {n: x.astype(dtype) if np.ndim(x) and is_float(x) else x
              for n, x in case.values.items()}  # fmt: skip

    def types_of(expr: ast.expr) -> Any:
        return typeof(evaluate(expr, values))

    stated = registry.result_type(case.op, types_of)
    z = case.value(values)
    if stated is None:
        assert not any(map(np.ndim, values.values())), f"no type for {ast.unparse(case.op)}"
        return
    if np.ndim(z) == 0:
        assert not isinstance(stated, types.Array) and np.ndim(z) == 0
        return
    assert isinstance(stated, types.Array)
    assert (stated.ndim, str(stated.dtype)) == (z.ndim, str(z.dtype))


NAN = math.nan


@pytest.mark.parametrize(
    ("text", "values", "grad_z", "expected"),
    [
        ("max(x, y)", {"x": 2.0, "y": 2.0}, 1.0, {"x": 1.0, "y": 0.0}),
        ("min(x, y)", {"x": 2.0, "y": 2.0}, 1.0, {"x": 1.0, "y": 0.0}),
        ("np.maximum(x, y)", {"x": [1.0, 2], "y": [1.0, 3]}, [5.0, 7], {"x": [5, 0], "y": [0, 7]}),
        ("np.maximum(0, x)", {"x": [1.0, -2, 3, -1]}, [4.0, -1, 5, 9], {"x": [4, 0, 5, 0]}),
        ("np.maximum(0, x)", {"x": [0.0]}, [1.0], {"x": [0]}),
        ("relu(x)", {"x": [0.0, 1.0]}, [1.0, 1.0], {"x": [0, 1]}),
        ("np.max(x)", {"x": [1.0, 3, 3]}, 1.0, {"x": [0, 1, 0]}),
        ("np.max(x, axis=1)", {"x": [[3.0, 3], [1, 2]]}, [1.0, 2], {"x": [[1, 0], [0, 2]]}),
        ("abs(x)", {"x": 0.0}, 1.0, {"x": 0.0}),
        ("np.abs(x)", {"x": [0.0, -1]}, [1.0, 1], {"x": [0, -1]}),
        ("np.clip(x, -1.0, 1.0)", {"x": [-1.0, 1, 2, 0]}, [1.0] * 4, {"x": [1, 1, 0, 1]}),
        ("np.sqrt(x)", {"x": [0.0]}, [1.0], {"x": [math.inf]}),
        ("x ** y", {"x": 0.0, "y": 2.5}, 1.0, {"x": 0.0, "y": 0.0}),
        ("x ** y", {"x": 0.0, "y": 0.0}, 1.0, {"x": 0.0, "y": 0.0}),
        ("x ** y", {"x": [0.0, 2], "y": [2.0, 2]}, [1.0, 1],
         {"x": [0, 4], "y": [0, 4 * math.log(2)]}),
        ("x ** 0.5", {"x": [0.0]}, [1.0], {"x": [math.inf]}),
        ("x ** 3", {"x": -2.0}, 1.0, {"x": 12.0}),
        ("np.linalg.norm(x)", {"x": [0.0, 0]}, 1.0, {"x": [0, 0]}),
        ("np.prod(x)", {"x": [0.0, 2, 3]}, 1.0, {"x": [6, 0, 0]}),
        ("np.prod(x)", {"x": [0.0, 2, 0]}, 1.0, {"x": [0, 0, 0]}),
        ("np.where(c, x, y)", {"c": np.array([True, False]), "x": [1.0, 1], "y": [1.0, 1]},
         [math.nan, 2.0], {"x": [NAN, 0], "y": [0, 2]}),
        ("np.hypot(x, y)", {"x": 0.0, "y": 0.0}, 1.0, {"x": 0.0, "y": 0.0}),
        ("np.std(x)", {"x": [1.0, 1.0]}, 1.0, {"x": [0.0, 0.0]}),
    ],
)  # fmt: skip
def test_kinks(text: str, values: Any, grad_z: Any, expected: Any) -> None:
    values = {n: np.array(x) if isinstance(x, list) else x for n, x in values.items()}
    case = Case(make_rule(f"z = {text}"), values, {})
    found = gradients(case, values, case.value(values), np.array(grad_z)[()])
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_a_power_with_a_constant_exponent_reads_like_the_textbook() -> None:
    value = ast.parse("x ** 3", mode="eval").body
    found = registry.match(value, lambda _: 0)
    assert found is not None
    pull = found.rule.pulls[0]
    assert ast.unparse(registry.instantiate(pull.value, found.operands)) == "grad_z * 3 * x ** 2"
    assert pull.reads == {"x", "y"}


@pytest.mark.parametrize(
    ("text", "pulls"),
    [
        ("x * y", ("grad_x += grad_z", "grad_x += grad_z")),
        ("z = np.exp(x)", ("grad_y += grad_z",)),
        ("z = np.exp(x)", ("grad_x += grad_z * q",)),
        ("z = np.exp(x)", ("grad_x += 1",)),
        ("z = np.exp(x)", ("grad_x = grad_z",)),
        ("z = np.nonesuch(x)", ("grad_x += grad_z",)),
    ],
)
def test_a_wrong_rule_is_refused(text: str, pulls: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        make_rule(text, *pulls)


def test_reads_are_values_not_shapes() -> None:
    reads = {r.text: r.pulls[0].reads for r in ALL if r.pulls}
    assert reads["z = np.exp(x)"] == {"z"}
    assert reads["z = np.sum(x)"] == set()
    assert reads["z = np.mean(x, axis=axis, keepdims=True)"] == set()
    assert reads["z = np.max(x)"] == {"x"}
    assert reads["z = x + y"] == set()
