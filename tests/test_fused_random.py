"""Random loops that add up, fused or not: the same gradients, and a complex step's."""

import linecache
import random

import numpy as np
import pytest
from oracles import assert_gradient, check_gradient, complex_step, run_listing
from random_programs import Choices

import srcgrad.pipeline
from srcgrad import grad, value_and_grad
from srcgrad.analysis.recording import recording


def unfused(facts, **options):
    """The plan of a gradient with no loop swept in one pass."""
    return recording(facts, fuse=False)


X = np.array([[0.31, -0.42], [1.23, 0.74], [-0.85, 0.56], [0.47, -0.98]])
W = np.array([0.63, -1.12])
ARGUMENTS = (X, W, 0.7)
MARK = "each round is reversed at once"

EXPRESSIONS = (
    "{p} * {q}",
    "{p} + {q} * {q}",
    "math.sin({p}) * {q}",
    "math.exp(-{p} * {p})",
    "{p} / (1.5 + {q} * {q})",
    "max({p}, {q} + 0.017)",
    "({p} if {q} > 0.1303 else 0.5 * {q})",
)

STEPS = (
    ["{z} = {e}"],
    ["{z} = {e}", "{z} *= {f}"],
    ["if {p} > 0.2107:", "    {z} = {e}", "else:", "    {z} = {f}"],
    ["if {p} < -0.8003:", "    continue", "{z} = {e}"],
    ["{z} = {p}", "for j in range(2):", "    {z} = math.tanh({z} * w[j] + X[i, j])"],
    ["{z} = 0.0", "for j in range(2):", "    {z} += X[i, j] * w[j] * {p}"],
    ["{z} = 0.0", "for j in range(i):", "    {z} = {z} * 0.5 + w[j % 2] * {p}"],
    ["{z}_row = np.empty(2)", "for j in range(2):", "    {z}_row[j] = X[i, j] * w[j] * {p}",
     "{z}_row[0] = {z}_row[0] * {z}_row[1]", "{z} = {z}_row[0] + {z}_row[1]"],
    ["{z} = np.dot(X[i], w) * {p}"],
    # What must not be fused, or not as it stands
    ["{z} = {e}", "last = last * 0.5 + {z}", "{z} = last * {p}"],
    ["{z} = {e} + 0.1 * total"],
    ["w[i % 2] *= 0.9", "{z} = {e}"],
    ["X[i, 0] = X[i, 0] * {p}", "{z} = X[i, 0] * {p}"],
    ["buffer[i % 2] = {e}", "{z} = buffer[0] * {p}"],
    ["{z} = {e}", "if {z} > 1.3107:", "    break"],
    ["{z} = {e}", "scale = scale * 0.9"],
    ["{z} = {e}", "other = other * 0.5"],
)  # fmt: skip

ENDS = (
    ["return total"],
    ["return total / 4 + 0.3 * other"],
    ["total /= X.shape[0]", "return total - scale * scale"],
    ["mean = total * 0.25", "return 2.0 * mean - other"],
    ["return total * other"],
    ["return total * scale"],
    ["return math.sin(total)"],
    ["scale = scale * 2.0", "return total + scale"],
    ["return total * last"],
    ["more = 0.0", "for k in range(2):", "    more += w[k] * w[k]", "return total + 0.1 * more"],
    ["more = 0.0", "for k in range(4):", "    more += (X[k, 0] * scale - total) ** 2",
     "return more"],
    ["for k in range(2):", "    total += w[k] ** 3", "return total"],
    ["return total if total > 0.4101 else 2.0 * total"],
    ["w[0] = 0.5", "return total + w[0] * w[1]"],
)  # fmt: skip


def program_text(choices: Choices) -> str:
    """A loop over rows of one to three steps that adds to ``total``, then a line or two."""
    known = ["scale", "w[0]", "w[1]", "X[i, 0]", "X[i, 1]"]
    lines = []
    for number in range(choices.integer(1, 3)):
        p, q = choices.of(known), choices.of(known)
        e, f = (choices.of(EXPRESSIONS).format(p=p, q=q) for _ in range(2))
        lines += [s.format(z=f"z{number}", e=e, f=f, p=p) for s in choices.of(STEPS)]
        known.append(f"z{number}")
    sums = ["total += {}", "total -= {}", "total = total + {}"]
    lines.append(choices.of(sums).format(known[-1]))
    if choices.chance(40):
        lines.append(f"other += {choices.of(known)}")
    body = "".join(f"        {line}\n" for line in lines)
    end = "".join(f"    {line}\n" for line in choices.of(ENDS))
    start = choices.of(["0.0", "w[0] * w[1]", "scale"])
    return (
        "import math\nimport numpy as np\n\n\ndef primal(X, w, scale):\n"
        f"    total, other, last = {start}, 1.0, w[1]\n    buffer = np.zeros(2)\n"
        f"    for i in range(X.shape[0]):\n{body}{end}"
    )


def define(text: str):
    """The function, with a source that ``inspect`` finds."""
    filename = f"<fused {abs(hash(text))}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    space: dict = {}
    exec(compile(text, filename, "exec"), space)
    return space["primal"]


def compare(seed: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Hold one program to the oracle, fused and not; whether it was fused."""
    text = program_text(Choices(random.Random(seed).randint))
    f = define(text)
    try:
        check_gradient(f, *ARGUMENTS, rtol=1e-8, oracle=complex_step)
        fused = MARK in grad(f).source(*ARGUMENTS)
        with monkeypatch.context() as patch:
            patch.setattr(srcgrad.pipeline, "recording", unfused)
            plain = value_and_grad(f)
            assert MARK not in plain.source(*ARGUMENTS)
            value, slopes = run_listing(plain, f, *ARGUMENTS)
        same_value, same = run_listing(value_and_grad(f), f, *ARGUMENTS)
        assert value == same_value
        assert_gradient(
            same, np.concatenate([np.ravel(s) for s in slopes]), list(ARGUMENTS),
            ["X", "w", "scale"], 1e-12, 0.0, "off",
        )  # fmt: skip
    except Exception as error:
        error.add_note(text)
        raise
    return fused


def test_random_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of them are fused, and enough are not, for the test to say something."""
    fused = [compare(seed, monkeypatch) for seed in range(20)]
    assert 4 <= sum(fused) <= 16
