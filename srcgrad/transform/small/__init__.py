"""Small arrays of constant extents, as numbers."""
