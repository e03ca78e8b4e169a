"""Packed sequences in and out of the padded form."""

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence


def unpack(packed: PackedSequence) -> tuple[Tensor, Tensor]:
    """`(time, batch, features)` and the lengths, the rows in the order that they had before packing."""
    return pad_packed_sequence(packed)


def pack_like(output: Tensor, lengths: Tensor, packed: PackedSequence) -> PackedSequence:
    """`output` packed as `packed` is: the same rows in the same places."""
    _, batch_sizes, sorted_indices, unsorted_indices = packed
    if sorted_indices is not None:
        output, lengths = output.index_select(1, sorted_indices), lengths[sorted_indices.cpu()]
    data = pack_padded_sequence(output, lengths).data
    return PackedSequence(data, batch_sizes, sorted_indices, unsorted_indices)
