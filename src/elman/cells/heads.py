"""Units divided among heads."""

from elman.errors import ArgumentError


def head_size(hidden_size: int, num_heads: int) -> int:
    """Units of each head.

    Raises:
        ArgumentError: If `num_heads` is not a positive whole number that divides `hidden_size`.
    """
    if isinstance(num_heads, bool) or not isinstance(num_heads, int) or num_heads < 1 or hidden_size % num_heads:
        raise ArgumentError(
            f"num_heads is {num_heads!r}; expected a positive whole number that divides hidden_size={hidden_size}"
        )
    return hidden_size // num_heads
