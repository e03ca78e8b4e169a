"""Products of a step: with a matrix of parameters, which the engine packs once, or within a row."""

import math

from elman.unfold.compiled.graph import Graph, Value


def linear(G: Graph, x: Value, weight: Value, transposed: bool = False) -> Value:
    """`x @ weight` (or its transpose), where `weight` is an unbatched matrix.

    A product of values side by side is the sum of their products: what does not depend on the state can then be
    multiplied for all time steps at once.
    """
    axis = 1 if transposed else 0
    if x.op == "cat" and x.attributes == (len(x.shape) - 1,):
        at, total = 0, None
        for part in x.inputs:
            width = part.shape[-1]
            share = linear(G, part, G.slice(weight, axis, at, at + width), transposed)
            total = share if total is None else G.add(total, share)
            at += width
        assert total is not None
        return total
    if not x.batched and x.op == "expand" and x.inputs[0].scalar == 0:
        n = weight.shape[0 if transposed else 1]
        return G.expand(G.constant(0.0), (*x.shape[:-1], n))
    return G.linear(x, weight, transposed)


def contract(G: Graph, x: Value, weight: Value, equation: tuple[str, str, str]) -> Value | None:
    """An einsum of a batched value and an unbatched one as products with matrices.

    Args:
        equation: The labels of `x` (the batch left out), of `weight`, and of the result (the batch left out).

    Returns:
        The value, or `None` if a label stands in one operand alone and not in the result.
    """
    of_x, of_w, of_result = equation
    shared = [a for a in of_x if a in of_w and a in of_result]
    summed = [a for a in of_x if a in of_w and a not in of_result]
    free_x = [a for a in of_x if a not in of_w]
    free_w = [a for a in of_w if a not in of_x]
    if any(a not in of_result for a in (*free_x, *free_w)):
        return None
    size = dict(zip(of_x, x.shape, strict=True)) | dict(zip(of_w, weight.shape, strict=True))
    x = G.permute(x, [of_x.index(a) for a in (*shared, *free_x, *summed)])
    weight = G.permute(weight, [of_w.index(a) for a in (*shared, *summed, *free_w)])
    groups = math.prod(size[a] for a in shared)
    m, k, n = (math.prod(size[a] for a in labels) for labels in (free_x, summed, free_w))
    x = G.reshape(x, (groups, m, k))
    weight = G.reshape(weight, (groups, k, n))
    parts = []
    for i in range(groups):
        rows = G.reshape(G.slice(x, 0, i, i + 1), (m, k))
        matrix = G.reshape(G.slice(weight, 0, i, i + 1), (k, n))
        parts.append(G.reshape(linear(G, rows, matrix), (1, m, n)))
    result = G.reshape(G.cat(parts, 0), tuple(size[a] for a in (*shared, *free_x, *free_w)))
    have = [*shared, *free_x, *free_w]
    return G.permute(result, [have.index(a) for a in of_result])


def outer_contract(G: Graph, a: Value, b: Value, equation: tuple[str, str, str]) -> Value:
    """An einsum of two values as a broadcast product and a sum; the batch is left out of the labels."""
    of_a, of_b, of_result = equation
    summed = [label for label in dict.fromkeys(of_a + of_b) if label not in of_result]
    order = [*of_result, *summed]
    product = G.mul(_spread(G, a, of_a, order), _spread(G, b, of_b, order))
    return G.reduce("sum", product, range(len(of_result), len(order)), keep=False) if summed else product


def _spread(G: Graph, value: Value, labels: str, order: list[str]) -> Value:
    """The value with its axes in `order`, of length one where it has none."""
    have = [label for label in order if label in labels]
    value = G.permute(value, [labels.index(label) for label in have])
    size = dict(zip(have, value.shape, strict=True))
    return G.reshape(value, tuple(size.get(label, 1) for label in order))


def matmul(G: Graph, a: Value, b: Value) -> Value | None:
    """`torch.matmul`, the batch of a batched operand left out of its shape; `None` if it has no form here."""
    if a.batched and not b.batched:
        if len(b.shape) == 1 and len(a.shape) >= 1:
            product = linear(G, a, G.reshape(b, (b.shape[0], 1)))
            return G.reshape(product, product.shape[:-1])
        if len(b.shape) == 2 and len(a.shape) >= 1:
            return linear(G, a, b)
        if len(a.shape) == len(b.shape) >= 3:  # heads: (batch, heads, m, k) @ (heads, k, n)
            heads = "abcdefgh"[: len(b.shape) - 2]
            if a.shape[:-2] != b.shape[:-2]:
                return None
            return contract(G, a, b, (f"{heads}xy", f"{heads}yz", f"{heads}xz"))
        return None
    if not a.batched and b.batched:
        if len(a.shape) == 2 and len(b.shape) == 2:  # (m, k) @ (batch, k, n)
            turned = linear(G, G.permute(b, (1, 0)), a, transposed=True)
            return G.permute(turned, (1, 0))
        return None
    if a.batched and b.batched and len(a.shape) == len(b.shape) >= 2:
        return G.matmul(a, b)
    return None
