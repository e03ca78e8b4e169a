"""The first lesson: one recurrent layer at two time instances."""


def print_lesson(seed: int) -> None:
    """Two inputs of four features at two time instances, through one neuron and through five."""
    import torch

    from elman.cells import SingleRNN
    from elman.explain import folded, unfolded
    from elman.training.seeding import seeded

    X0 = torch.tensor([[0.0, 0.1, 0.2, 0.0], [0.3, 0.4, 0.5, 0.0]])
    X1 = torch.tensor([[0.9, 0.8, 0.7, 0.0], [0.6, 0.5, 0.4, 0.0]])
    print("1. Two time instances: two inputs of four features, through one neuron and then through five")
    print("   The network has Wx, Wy and b. Folded, and unfolded through time:")
    for neurons in (1, 5):
        with seeded(seed):
            model = SingleRNN(n_inputs=4, n_neurons=neurons)
        with torch.no_grad():
            Y0, Y1 = model(X0, X1)
        print()
        print(beside(folded(neurons), unfolded(neurons, steps=2)))
        print()
        for name, tensor in (
            ("X0", X0),
            ("X1", X1),
            ("Y0 = tanh(X0·Wx + b)", Y0),
            ("Y1 = tanh(Y0·Wy + X1·Wx + b)", Y1),
        ):
            rows = ["  ".join(f"{number:7.4f}" for number in row) for row in tensor.tolist()]
            print("\n".join(f"   {label:30}{row}" for label, row in zip([name, ""], rows, strict=True)))


def beside(left: str, right: str) -> str:
    """Two drawings side by side, with their lowest lines level."""
    columns = [left.splitlines(), right.splitlines()]
    height = max(map(len, columns))
    a, b = ([""] * (height - len(lines)) + lines for lines in columns)
    width = max(map(len, a)) + 4
    return "\n".join(f"   {x:{width}}{y}".rstrip() for x, y in zip(a, b, strict=True))
