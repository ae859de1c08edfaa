"""What the other stages need to know of the rules, in one place.

In: operations of a Program. Out: canonical names and calls, the rule for an operation, the
type of an array operation, the functions whose source a listing has to carry.
"""

import ast

from .bare_names import helper, helper_source, helper_sources
from .declarations import FUNCTIONS, Effect, Function, canonical_name, function
from .definitions import definition
from .expressions import dotted, instantiate
from .forms import canonical_call, canonical_method
from .patterns import Match, Pull, Rule, family, has_derivative, make_rule, match, rule
from .results import result_type


def effect(call: ast.Call) -> Effect:
    """Whether a call's result shares memory with its first argument: "fresh", "view", ...

    "contiguous": a view of a C-contiguous argument, a copy of another (``np.ravel``);
    "either": that, but of another it depends on strides (``np.reshape``).
    """
    declared = FUNCTIONS.get(dotted(call.func) or "")
    return declared.effect if declared else "fresh"


__all__ = [
    "FUNCTIONS",
    "Function",
    "Match",
    "Pull",
    "Rule",
    "canonical_call",
    "canonical_method",
    "canonical_name",
    "definition",
    "effect",
    "family",
    "function",
    "has_derivative",
    "helper",
    "helper_source",
    "helper_sources",
    "instantiate",
    "make_rule",
    "match",
    "result_type",
    "rule",
]
