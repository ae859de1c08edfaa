"""Catalogue: the problems of all families, by name, in the order of the report."""

from .problems import (
    alignment,
    bundle,
    clusters,
    dynamics,
    kernels,
    learning,
    losses,
    recurrent,
    sums,
)

FAMILIES = (clusters, recurrent, bundle, dynamics, sums, learning, losses, kernels, alignment)
PROBLEMS = {problem.name: problem for family in FAMILIES for problem in family.PROBLEMS}
FAMILY_OF = {problem.name: family.__name__ for family in FAMILIES for problem in family.PROBLEMS}
"""The module that has a problem."""
