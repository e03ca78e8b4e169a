"""Utterances of unequal length in one batch: padding changes nothing, and a packed sequence is taken as it is."""

import torch
from torch.nn.utils.rnn import pack_sequence

import elman

voices = elman.data.load("japanese_vowels")
some = [torch.from_numpy(frames).float() for frames in voices.sequences[:5]]
lengths = [len(frames) for frames in some]
layer = elman.Recurrent("gru", 12, 16, bidirectional=True)

padded = torch.nn.utils.rnn.pad_sequence(some, padding_value=float("nan"))
output, state = layer(padded, lengths=lengths)
packed, same = layer(pack_sequence(some, enforce_sorted=False))
print(lengths, tuple(output.shape), tuple(packed.data.shape))
for ours, theirs in zip(state, same, strict=True):
    torch.testing.assert_close(ours, theirs)

alone, _ = layer(some[1][:, None])
torch.testing.assert_close(output[: lengths[1], 1], alone[:, 0])
print("each utterance gets what it would get alone")
