"""Rules for operators, builtins, ``math`` and NumPy's element-wise functions.

A rule for an element-wise operation holds for scalars and for arrays of any shapes that
broadcast; where a selection needs another form for each, there are two.
"""

# fmt: off
# Tables read better in lines than one argument a line.

from __future__ import annotations

import builtins
import math
import operator

import numpy as np
from numba import types

from .bare_names import support
from .declarations import alias, function
from .expressions import MISSING, literal
from .patterns import rule
from .results import cast, elementwise, floats, promotion, reduction, where
from .support import sinc_slope, sinc_slope_scalar

POSITIVE = (0.3, 3.0)
UNIT = (-0.8, 0.8)
MODULUS = {"x": (2.1, 2.3), "y": (1.2, 2.0)}

# Operators. Comparisons and logic have derivative zero (see ``patterns``).

rule("z = x + y", "grad_x += grad_z", "grad_y += grad_z")
rule("z = x - y", "grad_x += grad_z", "grad_y -= grad_z")
rule("z = -x", "grad_x -= grad_z")
rule("z = +x", "grad_x += grad_z")
rule("z = x * y", "grad_x += grad_z * y", "grad_y += grad_z * x")
rule("z = x / y", "grad_x += grad_z / y", "grad_y -= grad_z * z / y", domain={"y": POSITIVE})
rule("z = x // y", domain=MODULUS)
rule("z = x % y", "grad_x += grad_z", "grad_y -= grad_z * (x // y)", domain=MODULUS)

# A power with a constant exponent needs no guard; otherwise x ** 0 is 1, also at x = 0, and
# the derivative with respect to the exponent is 0 at x = 0.

rule("z = x ** 0")
rule("z = x ** 1", "grad_x += grad_z")
rule("z = x ** 2", "grad_x += grad_z * 2 * x")
rule("z = x ** -1", "grad_x -= grad_z * z * z", domain=POSITIVE)
rule("z = x ** 0.5", "grad_x += grad_z / (2 * z)", domain=POSITIVE)
rule(
    "z = x ** y",
    "grad_x += grad_z * y * x ** (y - 1)",
    "grad_y += grad_z * z * np.log(x)",
    when=lambda given: literal(given["y"]) is not MISSING,
    domain=POSITIVE,
    given={"y": (3, -2, 1.5)},
)
rule(
    "z = x ** y",
    "grad_x += grad_z * y * x ** (y - 1 if y != 0 else 1)",
    "grad_y += grad_z * z * np.log(x) if x != 0 else 0.0",
    when="scalar",
    domain=POSITIVE,
)
rule(
    "z = x ** y",
    "grad_x += grad_z * y * x ** np.where(y != 0, y - 1, 1)",
    "grad_y += np.where(x != 0, grad_z * z * np.log(x), 0)",
    when="array",
    domain=POSITIVE,
)

# Builtins

function(builtins.float, "float",
         result=lambda x: types.float64 if isinstance(x, types.Boolean) else None)
function(builtins.abs, "abs", elementwise=True, result=elementwise(np.absolute))
function(builtins.max, "max", "*args, key=None, default=None")
function(builtins.min, "min", "*args, key=None, default=None")
function(builtins.sum, "sum", "iterable, start=0",
         result=lambda iterable: reduction("sum")(iterable, axis=0))
function(builtins.int, "int", derivative=False)
function(builtins.bool, "bool", derivative=False)
function(builtins.len, "len", "obj", derivative=False)
function(builtins.round, "round", "*args, ndigits=None", derivative=False)
function(builtins.range, "range", "*args", derivative=False)
alias(builtins.pow, "pow")
alias(operator.matmul, "operator.matmul")

rule("z = float(x)", "grad_x += grad_z")
rule("z = abs(x)", "grad_x += grad_z * np.sign(x)")
rule("z = max(x, y)", "grad_x += grad_z if x >= y else 0.0", "grad_y += grad_z if y > x else 0.0")
rule("z = min(x, y)", "grad_x += grad_z if x <= y else 0.0", "grad_y += grad_z if y < x else 0.0")
rule("z = sum(x)", "grad_x += grad_z", spread=True, signature="(n)->()")

support({0: sinc_slope_scalar, None: sinc_slope}, "sinc_slope", elementwise=True, result=floats)

# One operand: name (as math.name and np.name where both exist), rule, domain. {m} is the module.

_UNARY = (
    ("exp", "grad_x += grad_z * z", UNIT),
    ("expm1", "grad_x += grad_z * (z + 1)", UNIT),
    ("exp2", "grad_x += grad_z * z * math.log(2)", UNIT),
    ("log", "grad_x += grad_z / x", POSITIVE),
    ("log2", "grad_x += grad_z / (x * math.log(2))", POSITIVE),
    ("log10", "grad_x += grad_z / (x * math.log(10))", POSITIVE),
    ("log1p", "grad_x += grad_z / (1 + x)", POSITIVE),
    ("sqrt", "grad_x += grad_z / (2 * z)", POSITIVE),
    ("cbrt", "grad_x += grad_z / (3 * z * z)", POSITIVE),
    ("sin", "grad_x += grad_z * {m}.cos(x)", UNIT),
    ("cos", "grad_x -= grad_z * {m}.sin(x)", UNIT),
    ("tan", "grad_x += grad_z * (1 + z * z)", UNIT),
    ("asin", "grad_x += grad_z / {m}.sqrt(1 - x * x)", UNIT),
    ("acos", "grad_x -= grad_z / {m}.sqrt(1 - x * x)", UNIT),
    ("atan", "grad_x += grad_z / (1 + x * x)", UNIT),
    ("sinh", "grad_x += grad_z * {m}.cosh(x)", UNIT),
    ("cosh", "grad_x += grad_z * {m}.sinh(x)", UNIT),
    ("tanh", "grad_x += grad_z * (1 - z * z)", UNIT),
    ("asinh", "grad_x += grad_z / {m}.sqrt(x * x + 1)", UNIT),
    ("acosh", "grad_x += grad_z / {m}.sqrt(x * x - 1)", (1.3, 3.0)),
    ("atanh", "grad_x += grad_z / (1 - x * x)", UNIT),
    ("fabs", "grad_x += grad_z * np.sign(x)", (-2.0, 2.0)),
    ("degrees", "grad_x += grad_z * (180 / math.pi)", UNIT),
    ("radians", "grad_x += grad_z * (math.pi / 180)", UNIT),
    ("square", "grad_x += grad_z * 2 * x", UNIT),
    ("reciprocal", "grad_x -= grad_z * z * z", POSITIVE),
    ("absolute", "grad_x += grad_z * np.sign(x)", (-2.0, 2.0)),
    ("sinc", "grad_x += grad_z * sinc_slope(x)", (0.0, 2.0)),
    ("nan_to_num", "grad_x += np.where(np.isfinite(x), grad_z, 0)", UNIT),
)
_NUMPY_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh",
                "acosh": "arccosh", "atanh": "arctanh"}
_MATH_LACKS = {"cbrt", "square", "reciprocal", "absolute", "sinc", "nan_to_num"}
"""Not in math, or (cbrt) not in Numba's."""


def _ufunc_of(name: str) -> np.ufunc:
    """A ufunc with the dtypes of ``np.name``, which may be none itself."""
    stand_ins = {"sinc": np.sin, "nan_to_num": np.positive}
    return stand_ins.get(name) or getattr(np, name)


for _name in ("ceil", "floor", "trunc", "rint", "fix", "sign", "signbit", "isnan", "isinf",
              "isfinite", "spacing", "logical_not"):
    function(getattr(np, _name), f"np.{_name}", elementwise=True, derivative=False,
             result=elementwise(np.trunc if _name == "fix" else getattr(np, _name)))
for _name in ("ceil", "floor", "trunc", "isnan", "isinf", "isfinite"):
    function(getattr(math, _name), f"math.{_name}", derivative=False)
function(math.gcd, "math.gcd", "x, y", derivative=False)
for _name in ("comb", "factorial", "isqrt", "perm"):
    alias(getattr(math, _name), f"math.{_name}")
function(math.dist, "math.dist", "p, q")
function(math.fsum, "math.fsum", "seq")
function(math.prod, "math.prod", "iterable, *, start=1")
function(np.select, "np.select", "condlist, choicelist, default=0")
function(np.round, "np.round", "a, decimals=0, out=None", derivative=False,
         result=lambda a, decimals=0: elementwise(np.rint)(a))
alias(np.around, "np.round")

for _name in ("logical_and", "logical_or", "logical_xor", "left_shift", "right_shift", "gcd",
              "lcm"):
    function(getattr(np, _name), f"np.{_name}", "x1, x2", elementwise=True, derivative=False,
             result=elementwise(getattr(np, _name)))

for _name, _pull, _domain in _UNARY:
    _numpy = _NUMPY_NAMES.get(_name, _name)
    _objects = (np.abs, np.absolute) if _name == "absolute" else getattr(np, _numpy)
    _canonical = "np.abs" if _name == "absolute" else f"np.{_numpy}"
    _more = ", copy=True, nan=0.0, posinf=None, neginf=None" if _name == "nan_to_num" else ""
    function(_objects, _canonical, f"x{_more}", elementwise=True, accept="copy",
             result=elementwise(_ufunc_of(_numpy)))
    if _name not in _MATH_LACKS:
        function(getattr(math, _name), f"math.{_name}", "x, base=None" if _name == "log" else "x")
if hasattr(math, "cbrt"):
    alias(math.cbrt, "np.cbrt")
alias(np.rad2deg, "np.degrees")
alias(np.deg2rad, "np.radians")

# Two operands

function(math.pow, "math.pow", "x, y")
function(math.atan2, "math.atan2", "y, x")
function(math.hypot, "math.hypot", "*coordinates")
function(math.copysign, "math.copysign", "x, y")
function(math.ldexp, "math.ldexp", "x, i")

rule("z = math.pow(x, y)", "grad_x += grad_z * y * math.pow(x, y - 1 if y != 0 else 1)",
     "grad_y += grad_z * z * np.log(x) if x != 0 else 0.0", domain=POSITIVE)
rule("z = math.atan2(y, x)", "grad_y += grad_z * x / (x * x + y * y)",
     "grad_x -= grad_z * y / (x * x + y * y)", domain=POSITIVE)
rule("z = math.hypot(x, y)", "grad_x += grad_z * x / z if z != 0 else 0.0",
     "grad_y += grad_z * y / z if z != 0 else 0.0", domain=POSITIVE)
rule("z = math.copysign(x, y)", "grad_x += grad_z * np.sign(x) * np.sign(z)", domain=POSITIVE)
rule("z = math.ldexp(x, i)", "grad_x += math.ldexp(grad_z, i)", given={"i": (3, -1)})

for _name in ("maximum", "minimum", "fmax", "fmin", "arctan2", "hypot", "copysign", "logaddexp",
              "logaddexp2", "fmod", "ldexp", "nextafter", "float_power"):
    function(getattr(np, _name), f"np.{_name}", "x1, x2", elementwise=True,
             result=elementwise(getattr(np, _name)))
function(np.heaviside, "np.heaviside", "x1, x2", elementwise=True,
         result=lambda x, y: elementwise(np.heaviside)(x, y) or types.float64)

for _name, _sign in (("maximum", ">"), ("fmax", ">"), ("minimum", "<"), ("fmin", "<")):
    rule(f"z = np.{_name}(x, y)", f"grad_x += grad_z if x {_sign}= y else 0.0",
         f"grad_y += grad_z if y {_sign} x else 0.0", when="scalar")
    rule(f"z = np.{_name}(x, y)", f"grad_x += np.where(x {_sign}= y, grad_z, 0)",
         f"grad_y += np.where(y {_sign} x, grad_z, 0)", when="array")
rule("z = np.arctan2(y, x)", "grad_y += grad_z * x / (x * x + y * y)",
     "grad_x -= grad_z * y / (x * x + y * y)", domain=POSITIVE)
rule("z = np.hypot(x, y)", "grad_x += grad_z * x / z if z != 0 else 0.0",
     "grad_y += grad_z * y / z if z != 0 else 0.0", when="scalar", domain=POSITIVE)
rule("z = np.hypot(x, y)", "grad_x += np.where(z != 0, grad_z * x / z, 0)",
     "grad_y += np.where(z != 0, grad_z * y / z, 0)", when="array", domain=POSITIVE)
rule("z = np.copysign(x, y)", "grad_x += grad_z * np.sign(x) * np.sign(z)", domain=POSITIVE)
rule("z = np.logaddexp(x, y)", "grad_x += grad_z * np.exp(x - z)",
     "grad_y += grad_z * np.exp(y - z)")
rule("z = np.logaddexp2(x, y)", "grad_x += grad_z * np.exp2(x - z)",
     "grad_y += grad_z * np.exp2(y - z)")
alias(math.fmod, "np.fmod")
rule("z = np.fmod(x, y)", "grad_x += grad_z", "grad_y -= grad_z * np.trunc(x / y)", domain=MODULUS)
rule("z = np.heaviside(x, y)", "grad_y += grad_z if x == 0 else 0.0", when="scalar")
rule("z = np.heaviside(x, y)", "grad_y += np.where(x == 0, grad_z, 0)", when="array")
alias(math.nextafter, "np.nextafter")
rule("z = np.nextafter(x, y)", "grad_x += grad_z")
rule("z = np.float_power(x, y)", "grad_x += grad_z * y * x ** (y - 1 if y != 0 else 1)",
     "grad_y += grad_z * z * np.log(x) if x != 0 else 0.0", when="scalar", domain=POSITIVE)
rule("z = np.float_power(x, y)", "grad_x += grad_z * y * x ** np.where(y != 0, y - 1, 1)",
     "grad_y += np.where(x != 0, grad_z * z * np.log(x), 0)", when="array", domain=POSITIVE)
rule("z = np.ldexp(x, i)", "grad_x += np.ldexp(grad_z, i)", given={"i": (3, -1)})
# Selections

function(np.where, "np.where", "condition, x, y", elementwise=True, result=where)
rule("z = np.where(c, x, y)", "grad_x += grad_z if c else 0.0", "grad_y += 0.0 if c else grad_z",
     when="scalar", given={"c": (True, False)})
rule("z = np.where(c, x, y)", "grad_x += np.where(c, grad_z, 0)",
     "grad_y += np.where(c, 0, grad_z)", when="array")

function(np.clip, "np.clip", "a, a_min=None, a_max=None, min=None, max=None",
         elementwise=True, result=promotion)
rule("z = np.clip(x, low, high)", "grad_x += grad_z if low <= x <= high else 0.0",
     "grad_low += grad_z if x < low <= high else 0.0",
     "grad_high += grad_z if high < max(x, low) else 0.0",
     when="scalar", given={"low": (-0.5,), "high": (0.7,)})
rule("z = np.clip(x, low, high)", "grad_x += np.where((low <= x) & (x <= high), grad_z, 0)",
     "grad_low += np.where((x < low) & (low <= high), grad_z, 0)",
     "grad_high += np.where(high < np.maximum(x, low), grad_z, 0)",
     when="array", given={"low": (-0.5,), "high": (0.7,)})

# Other spellings

for _name in ("add", "subtract", "multiply", "divide", "power", "floor_divide", "remainder",
              "matmul", "negative", "positive", "less", "less_equal", "greater", "greater_equal",
              "equal", "not_equal", "bitwise_and", "bitwise_or", "bitwise_xor", "invert",
              "shape", "size"):
    alias(getattr(np, _name), f"np.{_name}")

# Casts

for _type in ("float64", "float32"):
    function(getattr(np, _type), f"np.{_type}", result=cast(getattr(np, _type)))
    rule(f"z = np.{_type}(x)", "grad_x += grad_z")
for _type in ("int64", "int32", "intp", "uint64", "bool_"):
    if getattr(np, _type) is not np.int64 or _type == "int64":
        function(getattr(np, _type), f"np.{_type}", derivative=False,
                 result=cast(getattr(np, _type)))

for _name, _pull, _domain in _UNARY:
    _numpy = "np.abs" if _name == "absolute" else f"np.{_NUMPY_NAMES.get(_name, _name)}"
    rule(f"z = {_numpy}(x)", _pull.format(m="np"), domain=_domain)
    if _name not in _MATH_LACKS:
        rule(f"z = math.{_name}(x)", _pull.format(m="math"), domain=_domain)
