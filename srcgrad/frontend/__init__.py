"""From a Python function to a typed Program."""
