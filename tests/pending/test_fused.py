"""Fused sweeps: not implemented yet (see the README's list of what is refused or slower)."""

import re

import numpy as np
from test_recording import row_losses

from srcgrad import grad


def test_per_row_losses_are_one_pass() -> None:
    """Fused: one loop over the rows, nothing recorded, no second evaluation."""
    text = grad(row_losses, wrt="w").source(np.ones((3, 2)), np.ones(2))
    assert len(re.findall(r"in range\(X\.shape\[0\]", text)) == 1, text
    assert "append" not in text
    assert text.count("math.exp(") <= 2, text
