"""Random loops around whole columns: row form and the statements as they are agree."""

import random

import numpy as np
import pytest
import random_programs
from test_row_form import C, P, agree

STARTS = ["np.zeros(n)", "np.sum(p, axis=1)", "np.ones(n)", "np.min(p, axis=-1)"]
STEPS = ["x = np.minimum(x, s)", "x = x + s", "x += s * w", "x = x * np.cos(s) + s",
         "x -= np.exp(-s) * c[j, 2]", "x = np.maximum(s, x) * 0.9"]  # fmt: skip
ENDS = ["np.sum(x)", "np.sum(np.tanh(x)) + w", "np.sum(x) - np.sum(s)", "np.sum(x * x) + np.sum(z)"]


def program_text(choose: random.Random) -> str:
    lines = [
        "import numpy as np",
        "def primal(c, p):",
        "    n = len(p)",
        f"    x = {choose.choice(STARTS)}",
    ]
    lines += [f"    w = c[{choose.randrange(4)}, 1] * 0.5", "    q = p * c[2]"]
    lines += [f"    for j in range({choose.choice(['4', 'len(c)', '1, 4', '3, -1, -1'])}):"]
    power = choose.choice([" ** 2", "", " * w", " / 2.0"])
    lines += [f"        z = ({choose.choice('pq')} {choose.choice('+-*')} c[j]){power}"]
    if choose.random() < 0.4:
        lines += [f"        z = np.{choose.choice(['sin', 'exp', 'sqrt', 'abs'])}(z * z)"]
    lines += [f"        s = np.{choose.choice(['sum', 'max', 'min'])}(z, axis=1)"]
    return "\n".join(
        [*lines, f"        {choose.choice(STEPS)}", f"    return {choose.choice(ENDS)}"]
    )


@pytest.mark.parametrize("seed", range(12))
def test_random(seed):
    f = random_programs.define(program_text(random.Random(seed)))
    with np.errstate(all="ignore"):
        agree(f, C, P[:9])
