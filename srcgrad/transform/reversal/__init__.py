"""Reversal: what the backward sweep puts in the place of each kind of statement."""
