"""The rival `lax.scan`: the same hand-written LSTM in JAX, jitted."""

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from elman.bench.own import OwnLSTM


def jax_scan(
    cell: OwnLSTM, input: Tensor, lengths: list[int] | None, gradient: Tensor | None
) -> Callable[[], list[Tensor]]:
    """A call that unfolds `cell` over `input` in JAX and waits for the numbers.

    Args:
        cell: Where the weights come from.
        input: `(time, batch, input_size)`.
        lengths: Time steps of each row.
        gradient: The output's gradient; none for forward alone.

    Returns:
        A function without arguments: the output and, if there is a gradient, that of each parameter.
    """
    # Not a plain import: this file is read, by the type checker too, where the extra `bench` is not installed.
    jax: Any = importlib.import_module("jax")
    jnp = jax.numpy
    weights = tuple(jnp.asarray(parameter.detach().numpy()) for parameter in cell.parameters())
    x = jnp.asarray(input.numpy())
    time, batch = x.shape[:2]
    zeros = jnp.zeros((batch, cell.hidden_size), jnp.float32)
    real = None if lengths is None else jnp.arange(time)[:, None, None] < jnp.asarray(lengths)[None, :, None]

    def unfold(weights: Any, x: Any) -> Any:
        W, U, b = weights

        def step(state: Any, now: Any) -> Any:
            h, c = state
            x, real = now
            i, f, g, o = jnp.split(x @ W + h @ U + b, 4, axis=-1)
            new_c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            new_h = jax.nn.sigmoid(o) * jnp.tanh(new_c)
            if real is None:
                return (new_h, new_c), new_h
            return (jnp.where(real, new_h, h), jnp.where(real, new_c, c)), jnp.where(real, new_h, 0)

        return jax.lax.scan(step, (zeros, zeros), (x, real))[1]

    if gradient is None:
        forward = jax.jit(unfold)
        return lambda: [torch.from_dlpack(jax.block_until_ready(forward(weights, x)))]

    dy = jnp.asarray(gradient.numpy())

    def pull(weights: Any, x: Any) -> Any:
        output, back = jax.vjp(lambda weights: unfold(weights, x), weights)
        return output, *back(dy)[0]

    both = jax.jit(pull)
    return lambda: [torch.from_dlpack(value) for value in jax.block_until_ready(both(weights, x))]
