"""What is refused, and how: kind of error, line, caret, reason, advice."""

import copy
import functools
import importlib.util
import inspect
import operator
import pickle
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import refused
from oracles import run_listing, run_text

from srcgrad import grad, value_and_grad
from srcgrad.errors import (
    AliasingError,
    ArgumentError,
    ShapeError,
    SourceMismatchError,
    SrcgradError,
    UnsupportedError,
)


def marks(function) -> dict[int, tuple[str, str]]:
    """Line -> (text under the caret, word of the reason), from the comments."""
    lines, first = inspect.getsourcelines(function)
    found = {}
    for number, line in enumerate(lines, first):
        if "# refused: " in line:
            caret, _, word = line.split("# refused: ")[1].split("  # noqa")[0].rpartition(" | ")
            found[number] = (caret.strip(), word.strip())
    return found


SYNTAX = [
    "uses_try", "uses_with", "uses_yield", "uses_yield_from", "is_async", "defines_a_class",
    "writes_a_global", "writes_a_nonlocal", "builds_a_dict", "builds_a_set",
    "builds_a_dict_by_comprehension", "takes_star_args", "takes_star_kwargs", "calls_with_star",
    "calls_with_double_star", "writes_an_attribute", "makes_an_object", "matches",
    "returns_a_string", "starred_assignment", "reads_a_file", "draws_random_numbers",
    "unknown_name", "several_at_once", "uses_complex_numbers", "deletes_an_element",
    "function_chosen_by_a_branch", "lambda_replaced", "updates_a_name_with_its_own_walrus",
]  # fmt: skip


def refusal(function, *args, kind: type[Exception] = UnsupportedError) -> SrcgradError:
    """The error of differentiating ``function``."""
    with pytest.raises(kind) as caught:
        grad(function).source(*args)
    assert isinstance(caught.value, SrcgradError)
    return caught.value


def assert_points(error: SrcgradError, expected: dict[int, tuple[str, str]]) -> None:
    """The complaints name exactly the marked lines, with caret and reason, and give advice."""
    lines = [complaint.place.line for complaint in error.complaints]
    assert sorted(set(lines)) == sorted(expected)
    assert lines == sorted(lines), "in source order"
    for line, (caret, word) in expected.items():
        first = next(c for c in error.complaints if c.place.line == line)
        place = first.place
        assert place.text[place.column :].startswith(caret), f"caret of {first.show()}"
        assert word.lower() in f"{first.reason} {first.advice}".lower()
    for complaint in error.complaints:
        place = complaint.place
        assert Path(place.filename).name == "refused.py"
        assert complaint.reason
        assert complaint.advice, f"no advice: {complaint.show()}"
        assert complaint.show() in str(error)
        assert f'File "{place.filename}", line {place.line}' in complaint.show()


@pytest.mark.parametrize("name", SYNTAX)
def test_syntax_and_calls(name: str) -> None:
    function = getattr(refused, name)
    error = refusal(function, 1.5)
    assert isinstance(error, NotImplementedError)
    assert_points(error, marks(function))


@pytest.mark.parametrize(
    "name",
    ["transforms", "unknown_method", "replaces_part_of_a_list",
     "writes_to_a_list_from_outside", "prints_what_it_pops", "list_of_lists",
     "best_so_far_from_none", "reshaped_and_written", "diagonal_of_what_is_written", "joins_lists",
     "names_a_list_twice", "calls_in_a_subscript_beside_others",
     "joins_rows_of_nested_lists", "joins_rows_that_were_appended",
     "largest_of_nested_lists",
     "ranges_between_arrays", "changes_what_it_combines", "repeats_a_sorted_list",
     "whole_numbers_from_none", "asks_which_elements_are_set", "asks_whether_elements_hold",
     "asks_a_helper_which_elements_are_set",
    "waits_for_a_clock", "product_of_a_changing_range",
     "record_of_two_classes", "compares_tuples"],
)  # fmt: skip
def test_array_functions(name: str) -> None:
    function = getattr(refused, name)
    assert_points(refusal(function, np.ones(4)), marks(function))


def test_trouble_in_a_helper_points_into_the_helper() -> None:
    error = refusal(refused.calls_a_helper_with_trouble, 1.5)
    assert_points(error, marks(refused.helper_with_trouble))


@pytest.mark.parametrize("name", ["falls_off_its_end", "returns_nothing"])
def test_paths_without_a_result(name: str) -> None:
    function = getattr(refused, name)
    error = refusal(function, 1.5, kind=SrcgradError)
    lines, first = inspect.getsourcelines(function)
    assert error.complaints[0].place.line in range(first, first + len(lines))
    assert "return" in str(error)


def test_name_that_a_branch_leaves_unset() -> None:
    """As in Python: an error at run time where nothing set the name, never a number."""
    slope = grad(refused.may_leave_a_name_unset)
    assert slope(1.5) == 3.0
    with pytest.raises(UnboundLocalError, match="y"):
        slope(-1.5)


def test_active_value_stored_into_integers() -> None:
    error = refusal(refused.stores_into_integers, 1.5)
    assert_points(error, marks(refused.stores_into_integers))


@pytest.mark.parametrize("name", ["is_elementwise", "returns_a_tuple"])
def test_result_that_is_not_a_scalar(name: str) -> None:
    function = getattr(refused, name)
    error = refusal(function, np.ones(3), kind=ArgumentError)
    assert isinstance(error, TypeError)
    assert "scalar" in str(error)
    assert error.complaints[0].advice, "says what to do"


def test_bare_return_value_of_one_argument_is_not_run_before_the_refusal() -> None:
    ran = []

    def f(x):
        ran.append(x)
        return x.undefined_attribute_of_floats

    with pytest.raises(SrcgradError):
        grad(f)(1.0)
    assert ran == []


# --- Source ------------------------------------------------------------------------------


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_source_that_cannot_be_read() -> None:
    namespace = {}
    exec("def f(x):\n    return x * x\n", namespace)
    error = refusal(namespace["f"], 1.5, kind=SourceMismatchError)
    assert "source" in str(error)


@pytest.mark.parametrize("function", [abs, functools.partial(pow, 2.0), operator.mul, "x * x", 3])
def test_what_is_no_python_function(function) -> None:
    with pytest.raises(SrcgradError):
        grad(function).source(1.5)


def test_file_edited_since_import(tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x * x\n")
    f = load(path).f
    path.write_text("def f(x):\n    return x * x * x\n")
    error = refusal(f, 1.5, kind=SourceMismatchError)
    assert "edited.py" in str(error)


def test_file_moved_since_import_is_refused_or_right(tmp_path: Path) -> None:
    path = tmp_path / "moved.py"
    path.write_text("def f(x):\n    return x * x\n")
    f = load(path).f
    path.write_text("# a comment\n\n\ndef f(x):\n    return x * x\n")
    assert_right_or_mismatch(f, 3.0)


def assert_right_or_mismatch(function, slope: float) -> None:
    """The derivative at 1.5, or an error; never the derivative of another function."""
    try:
        text = grad(function).source(1.5)
    except SourceMismatchError:
        return
    assert run_text(text)(1.5) == pytest.approx(slope)


def test_two_lambdas_on_one_line() -> None:
    pair = (lambda x: x * x, lambda x: x * x * x)
    for function, slope in zip(pair, (3.0, 6.75), strict=True):
        assert_right_or_mismatch(function, slope)


def test_two_lambdas_that_differ_in_what_they_capture() -> None:
    k, c = 2.0, 3.0
    pair = [lambda x: k * x, lambda x: c * x]
    for function, slope in zip(pair, (2.0, 3.0), strict=True):
        assert_right_or_mismatch(function, slope)


# --- wrt and arguments -------------------------------------------------------------------


def product(x, y, n=2):
    return x * y * n


@pytest.mark.parametrize(
    ("wrt", "word"),
    [("z", "z"), (3, "3"), (-4, "-4"), (("x", "z"), "z"), (("x", "x"), "x"), (("x", 0), "x"),
     ((), "wrt"), (1.5, "wrt"), (None, None)],
)  # fmt: skip
def test_wrt(wrt, word) -> None:
    if wrt is None:
        grad(product).source(1.0, 2.0)
        return
    with pytest.raises(ArgumentError) as caught:
        grad(product, wrt=wrt).source(1.0, 2.0)
    assert isinstance(caught.value, TypeError)
    assert word in str(caught.value)


def total(x, y):
    return np.sum(x) * 1.0 + y


def test_no_floating_point_argument() -> None:
    with pytest.raises(ArgumentError, match="wrt"):
        grad(product)(2, 3)


def test_integer_array_named_in_wrt() -> None:
    with pytest.raises(ArgumentError, match=r"integer|float"):
        grad(total, wrt="x")(np.arange(3), 1.0)


def test_integer_numbers_named_in_wrt_are_floats() -> None:
    assert run_listing(grad(product, wrt="x"), product, 2, 3) == 6.0


@pytest.mark.parametrize(
    "value", ["text", 1 + 2j, np.ones(3) * 1j, object(), {"a": 1.0}, {1.0}, None,
              np.array(["a", "b"]), np.array([object()], dtype=object)],
    ids=["str", "complex", "complex array", "object", "dict", "set", "none", "strings", "objects"],
)  # fmt: skip
def test_kinds_of_arguments(value) -> None:
    with pytest.raises(ArgumentError) as caught:
        grad(product, wrt="x")(value, 1.0)
    assert "'x'" in str(caught.value) or "`x`" in str(caught.value) or "x" in str(caught.value)


@pytest.mark.parametrize("args", [(), (1.0,), (1.0, 2.0, 3, 4)])
def test_number_of_arguments(args) -> None:
    with pytest.raises(TypeError):
        grad(product)(*args)


def test_unknown_keyword() -> None:
    with pytest.raises(TypeError):
        grad(product)(1.0, y=2.0, z=3.0)


def test_errors_of_value_and_grad_are_the_same() -> None:
    with pytest.raises(ArgumentError, match="z"):
        value_and_grad(product, wrt="z").source(1.0, 2.0)
    with pytest.raises(UnsupportedError, match="try"):
        value_and_grad(refused.uses_try).source(1.0)


def test_numba_pages_are_never_shown() -> None:
    def f(x):
        return np.sum(x @ 2.0)

    with pytest.raises(SrcgradError) as caught:
        grad(f)(np.ones((2, 2, 2)))
    assert "nopython" not in str(caught.value)
    assert "numba" not in str(caught.value).lower() or "test_refusals.py" in str(caught.value)


# --- Memory ------------------------------------------------------------------------------


def writes_first(a, b):
    a[0] = b[0] * b[1]
    return np.sum(a * b)


def test_overlapping_arguments_when_the_primal_writes() -> None:
    a = np.ones(4)
    for pair in [(a, a), (a[:3], a[1:]), (a, a[::-1])]:
        with pytest.raises(AliasingError) as caught:
            grad(writes_first)(*pair)
        assert isinstance(caught.value, ValueError)
        assert "a" in str(caught.value)
        assert "b" in str(caught.value)


def adds_to_an_alias(a, b):
    c = a
    c += 1.0
    return np.sum(a * b)


def fills(a, b):
    a.fill(2.0)
    return np.sum(a * b)


def scales_rows(a, b):
    for row in a.reshape(2, 2):
        row *= 2.0
    return np.sum(a * b)


def writes_to_a_part(pair):
    a, b = pair
    a[0] = b[1] * 2.0
    return np.sum(a * b)


def writes_to_a_row(rows, b):
    rows[0][0] = b[1] * 2.0
    return np.sum(rows[1] * b)


SHARED = np.array([1.0, 2.0, 3.0, 4.0])


def writes_beside_a_captured_one(a):
    a[0] = 2.0 * a[1]
    return np.sum(a * SHARED)


def twice(u):
    return (u, u)


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (adds_to_an_alias, twice),
        (fills, twice),
        (scales_rows, twice),
        (writes_to_a_part, lambda u: ((u, u),)),
        (writes_to_a_row, lambda u: ([u, u], u.copy())),
        (writes_to_a_row, lambda u: ([u, u.copy()], u)),
        (writes_beside_a_captured_one, lambda _: (SHARED,)),
    ],
)
def test_memory_shared_with_what_is_written_to(f: Any, arguments: Any) -> None:
    """Whatever the form of the write, and of the argument that has the array."""
    given = arguments(np.array([1.0, 2.0, 3.0, 4.0]))
    before = copy.deepcopy(given)
    with pytest.raises(AliasingError, match="share memory"):
        grad(f)(*given)
    np.testing.assert_equal(given, before)


def writes_to_its_own(a, b):
    c = np.zeros(len(a))
    for k in range(len(a)):
        c[k] = a[k] * b[k]
    return np.sum(c)


def test_overlapping_arguments_are_fine_when_another_array_is_written_to() -> None:
    a = np.array([1.0, 2.0, 3.0])
    left, right = grad(writes_to_its_own)(a, a)
    np.testing.assert_array_equal(left, a)
    np.testing.assert_array_equal(right, a)


def reads_both(a, b):
    return np.sum(a * b)


def test_overlapping_arguments_are_fine_when_nothing_is_written() -> None:
    a = np.array([1.0, 2.0, 3.0])
    left, right = grad(reads_both)(a, a)
    np.testing.assert_array_equal(left, a)
    np.testing.assert_array_equal(right, a)
    assert not np.shares_memory(left, right)
    assert not np.shares_memory(left, a)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises((ShapeError, ValueError)):
        grad(reads_both)(np.ones(3), np.ones(4))


# --- Form --------------------------------------------------------------------------------


def stores_through_indices(a, v):
    a[np.array([0, 2, 0])] = v
    return np.sum(a * a)


def test_lengths_that_do_not_fit_an_index_array() -> None:
    listing = run_text(grad(stores_through_indices).source(np.ones(4), np.ones(2)))
    with pytest.raises(ValueError, match="shape mismatch"):
        listing(np.ones(4), np.ones(2))


def test_every_kind_of_error_has_a_builtin_base() -> None:
    kinds = {
        UnsupportedError: NotImplementedError,
        ArgumentError: TypeError,
        AliasingError: ValueError,
        ShapeError: ValueError,
        SourceMismatchError: RuntimeError,
    }
    for kind, base in kinds.items():
        assert issubclass(kind, base)
        assert issubclass(kind, SrcgradError)


def test_errors_can_be_pickled() -> None:
    error = refusal(refused.several_at_once, 1.5)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.complaints == error.complaints


def test_allowed_things_are_no_reason_to_refuse() -> None:
    def f(x: float, n: int = 3) -> float:
        """A docstring."""
        import math as m
        from math import exp

        y: float = m.sin(x)
        unused = [1, 2]
        del unused
        assert n > 0, f"n is {n}"
        if n > 100:
            raise ValueError(f"too many: {n!r}")
        pass
        ...
        return y * exp(x)

    assert "cos" in grad(f).source(1.5)


def test_inside_compiled_code_errors_name_the_users_line() -> None:
    slope = grad(refused.is_elementwise)

    @numba.njit
    def outer(x):
        return slope(x)

    with pytest.raises(Exception, match=r"refused\.py"):
        outer(np.ones(4))
