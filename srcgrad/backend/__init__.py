"""From a Program to text, and from text to compiled code."""
