"""What is true of a Program: plain values, nothing is changed."""
