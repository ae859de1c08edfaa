"""Array statements to loops: the parts of the stage ``lower``."""
