"""Checkpoints: states are recorded in place of what follows from them."""
