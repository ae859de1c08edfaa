"""Rules for special functions: ``math``'s and SciPy's, of numbers and arrays."""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import math

import numpy as np
import scipy.special

from . import special_values
from . import support as carried
from .bare_names import lifted, support
from .declarations import alias, function
from .patterns import rule
from .results import elementwise, floats

POSITIVE = (0.3, 3.0)
UNIT = (-0.8, 0.8)

for _name in ("erf", "erfc", "gamma", "lgamma"):
    function(getattr(math, _name), f"math.{_name}")

# SciPy's by the names that listings give them; some are gates already.

alias(scipy.special.expit, "sigmoid")
alias(scipy.special.psi, "digamma")
for _name in ("exp2", "cbrt", "expm1", "log1p", "sinc"):
    alias(getattr(scipy.special, _name), f"np.{_name}")
alias(scipy.special.logsumexp, "logsumexp")
for _scalar, _name, _public in (
    (carried.erf, "erf", scipy.special.erf),
    (carried.erfc, "erfc", scipy.special.erfc),
    (carried.gamma, "gamma", scipy.special.gamma),
    (carried.gammaln, "gammaln", scipy.special.gammaln),
    (carried.digamma, "digamma", None),
    (carried.trigamma, "trigamma", None),
    (carried.log_ndtr, "log_ndtr", scipy.special.log_ndtr),
):
    support({0: _scalar, None: lifted(_scalar)}, _name, public=_public, elementwise=True,
            result=floats)
for _name in ("erf_root", "erfc_root"):
    support(getattr(special_values, _name), _name)
for _name in ("bessel_i", "bessel_j"):
    support(getattr(special_values, _name), _name, "order, x")
for _name in ("erfinv", "erfcinv", "ndtri", "i0", "i1", "i0e", "i1e", "j0", "j1"):
    _scalar = getattr(special_values, _name)
    support({0: _scalar, None: lifted(_scalar)}, _name, public=getattr(scipy.special, _name),
            elementwise=True, result=floats)
alias(np.i0, "i0")
support(carried.logit, "logit", public=scipy.special.logit, elementwise=True, result=floats)
support({0: carried.xlogy_scalar, None: carried.xlogy}, "xlogy", "x, y",
        public=scipy.special.xlogy, elementwise=True,
        result=lambda x, y: elementwise(np.true_divide)(x, y) or floats(x))

for _erf, _sign in (("erf", "+"), ("erfc", "-")):
    rule(f"z = math.{_erf}(x)",
         f"grad_x {_sign}= grad_z * (2 / math.sqrt(math.pi)) * math.exp(-x * x)")
    rule(f"z = {_erf}(x)", f"grad_x {_sign}= grad_z * (2 / math.sqrt(math.pi)) * np.exp(-x * x)")
for _gamma in ("math.gamma", "gamma"):
    rule(f"z = {_gamma}(x)", "grad_x += grad_z * z * digamma(x)", domain=POSITIVE)
for _gamma in ("math.lgamma", "gammaln"):
    rule(f"z = {_gamma}(x)", "grad_x += grad_z * digamma(x)", domain=POSITIVE)
rule("z = digamma(x)", "grad_x += grad_z * trigamma(x)", domain=(-2.9, 9.0))
rule("z = log_ndtr(x)",
     "grad_x += grad_z * np.exp(-x * x / 2 - z) / math.sqrt(2 * math.pi)", domain=(-9.0, 3.0))
rule("z = logit(x)", "grad_x += grad_z / (x * (1 - x))", domain=(0.1, 0.9))
rule("z = xlogy(x, y)", "grad_x += grad_z * np.log(y) if x != 0 else 0.0",
     "grad_y += grad_z * x / y", when="scalar", domain=POSITIVE)
rule("z = xlogy(x, y)", "grad_x += np.where(x != 0, grad_z * np.log(y), 0)",
     "grad_y += grad_z * x / y", when="array", domain=POSITIVE)

# Inverses, and Bessel functions: of order 1, z / x is 1/2 (or 0, or it cancels) at 0

for _inverse, _sign, _factor, _power in (("erfinv", "+", "pi) / 2", "z * z"),
                                         ("erfcinv", "-", "pi) / 2", "z * z"),
                                         ("ndtri", "+", "2 * math.pi)", "z * z / 2")):
    _factor = f"math.sqrt({'math.' if _factor.startswith('pi') else ''}{_factor}"
    rule(f"z = {_inverse}(x)", f"grad_x {_sign}= grad_z * ({_factor}) * np.exp({_power})",
         domain=(0.1, 0.9))
rule("z = i0(x)", "grad_x += grad_z * i1(x)")
rule("z = i0e(x)", "grad_x += grad_z * (i1e(x) - np.sign(x) * z)")
rule("z = j0(x)", "grad_x -= grad_z * j1(x)")
for _bessel, _slope in (("i1", "i0(x) - {}"), ("i1e", "i0e(x) - np.sign(x) * z - {}"),
                        ("j1", "j0(x) - {}")):
    _slope_of_number = _slope.format("(z / x if x != 0 else 0.5)")
    rule(f"z = {_bessel}(x)", f"grad_x += grad_z * ({_slope_of_number})", when="scalar")
    _slope_of_array = _slope.format("np.where(x != 0, z / np.where(x != 0, x, 1), 0.5)")
    rule(f"z = {_bessel}(x)", f"grad_x += grad_z * ({_slope_of_array})", when="array")
