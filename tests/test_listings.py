"""Expected listings: real files, compared as text, executed, and checked numerically.

After a wanted change: ``python -m pytest tests/test_listings.py --refresh``, then review the
difference as you would review code.
"""

from pathlib import Path

import numpy as np
import pytest
from oracles import bound, chosen, differences, flatten, run_text
from programs import CASES, Case

from srcgrad import grad

EXPECTED = Path(__file__).parent / "expected"
LISTED = [
    "gated.neuron", "gated.network", "gated.affine_layer", "scalars.sum_times", "scalars.powers",
    "scalars.the_diamond", "scalars.names_of_the_generator", "scalars.conditional_expression",
    "arrays.broadcasting", "arrays.matrix_matrix", "arrays.kept_dimensions", "arrays.slices",
    "arrays.index_array", "arrays.captured_array", "calls.helper", "loops.dot_product",
    "loops.sum_of_squares", "loops.power_by_loop", "loops.logistic_map", "loops.nested",
    "loops.body_local_temporaries", "loops.newton_square_root", "branches.if_else",
    "branches.branch_in_loop", "exits.break_by_value", "exits.return_in_loop",
    "mutation.element_overwritten", "mutation.prefix_products_in_place",
    "mutation.interior_update", "mutation.scattered_repeatedly", "aliases.buffers_swapped",
    "aliases.row_view", "rebinding.recurrent_state", "traps.fused_rows",
    "traps.store_reversed", "simulations.heat_by_swap", "classics.cholesky",
    "recursion.power", "recursion.mutual",
]  # fmt: skip
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("name", LISTED)
def test_listing(name: str, refresh: bool) -> None:
    case = BY_NAME[name]
    text = grad(case.function, wrt=case.wrt).source(*case.args)
    path = EXPECTED / f"{name.replace('.', '_')}.py"
    if refresh:
        path.write_text(text)
    assert path.exists(), f"no {path.name}: run with --refresh"
    assert text == path.read_text(), "the listing changed: --refresh, then review the difference"


@pytest.mark.parametrize("name", LISTED)
def test_listing_is_deterministic(name: str) -> None:
    case = BY_NAME[name]
    texts = {grad(case.function, wrt=case.wrt).source(*case.args) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize("name", LISTED)
def test_expected_file_is_right(name: str) -> None:
    """The file as it stands gives the gradient, whatever the code does today."""
    case = BY_NAME[name]
    text = (EXPECTED / f"{name.replace('.', '_')}.py").read_text()
    assert "srcgrad" not in imports(text)
    slope, _ = differences(case.function, *case.args, wrt=case.wrt)
    np.testing.assert_allclose(executed(text, case), slope, rtol=1e-6, atol=1e-8)


def imports(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(line for line in lines if line.startswith(("import ", "from ")))


def executed(text: str, case: Case) -> np.ndarray:
    listing = run_text(text)
    given = [np.array(v) if isinstance(v, list | np.ndarray) else v
             for v in bound(case.function, case.args).values()]  # fmt: skip
    extra = listing.__code__.co_argcount - len(given)
    hidden = listing.__code__.co_varnames[len(given) : len(given) + extra]
    result = listing(*given, *(case.function.__globals__[name] for name in hidden))
    one = len(chosen(case.function, case.args, case.wrt)) == 1
    return np.array(list(flatten((result,) if one else result)))


def test_no_file_is_left_over() -> None:
    known = {f"{name.replace('.', '_')}.py" for name in LISTED}
    assert {path.name for path in EXPECTED.glob("*.py")} <= known
