"""Catalogue: the problems of all families, by name, in the order of the report."""

from .problems import alignment, bundle, clusters, dynamics, learning, recurrent, sums

FAMILIES = (clusters, recurrent, bundle, dynamics, sums, learning, alignment)
PROBLEMS = {problem.name: problem for family in FAMILIES for problem in family.PROBLEMS}
