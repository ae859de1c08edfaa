"""The lecture's neuron: a function in, its gradient out, as code that you can read.

Prints the generated listing, the value (0.7311) and the gradient at the lecture's numbers.
"""

from srcgrad import value_and_grad
from srcgrad.gates import sigmoid


@value_and_grad
def neuron(w0, x0, w1, x1, w2):
    return sigmoid(w0 * x0 + w1 * x1 + w2)


def main():
    print(neuron.source())
    value, gradient = neuron(2.0, -1.0, -3.0, -2.0, -3.0)
    print(f"value: {value:.4f}")
    for name, slope in zip(("w0", "x0", "w1", "x1", "w2"), gradient, strict=True):
        print(f"grad_{name}: {slope:.4f}")


if __name__ == "__main__":
    main()
