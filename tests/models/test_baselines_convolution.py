import pytest
import torch

from elman.errors import ArgumentError
from elman.models.baselines import ConvNet, channels_within

TIME, BATCH, INPUT, CHANNELS = 11, 3, 4, 5
LENGTHS = torch.tensor([11, 4, 7])


def net(**options) -> ConvNet:
    return ConvNet(INPUT, CHANNELS, num_layers=3, **options).double()


def sequence() -> torch.Tensor:
    return torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)


def by_hand(net: ConvNet, x: torch.Tensor) -> torch.Tensor:
    """The equations of the docstring, one time step after the other, for a single row `(time, input)`."""
    z = x @ net.enter.weight.T + net.enter.bias
    for layer, (norm, convolution) in enumerate(zip(net.norms, net.convolutions, strict=True)):
        read = (z - z.mean(-1, keepdim=True)) / torch.sqrt(z.var(-1, unbiased=False, keepdim=True) + norm.eps)
        read = read * norm.weight + norm.bias
        weight, dilation = convolution.weight, 2**layer
        taps = weight.shape[-1]
        back = (taps - 1) * dilation if net.causal else (taps - 1) // 2 * dilation
        added = []
        for time in range(len(x)):
            total = convolution.bias
            for tap in range(taps):
                source = time - back + tap * dilation
                if 0 <= source < len(x):
                    total = total + weight[:, :, tap] @ read[source]
            added.append(torch.relu(total))
        z = z + torch.stack(added)
    return z


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"kernel_size": 5}, {"kernel_size": 2, "causal": True}])
def test_the_network_is_its_equations_over_each_row_alone(options):
    body, x = net(**options), sequence()
    output = body(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(output[:length, row], by_hand(body, x[:length, row]))
        assert (output[length:, row] == 0).all()


def test_without_lengths_every_row_is_read_to_its_end():
    body, x = net(), sequence()
    torch.testing.assert_close(body(x), body(x, torch.full((BATCH,), TIME)))


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_no_output_and_no_gradient_even_if_it_is_nan(causal):
    body, x = net(causal=causal), sequence()
    beyond = torch.arange(TIME)[:, None] >= LENGTHS
    results = []
    for padding in (0.0, float("nan")):
        body.zero_grad()
        padded = x.masked_fill(beyond[..., None], padding).requires_grad_()
        output = body(padded, LENGTHS)
        output.square().sum().backward()
        results.append([output, padded.grad, *(parameter.grad.clone() for parameter in body.parameters())])
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def test_a_causal_network_does_not_look_ahead_and_the_other_does():
    x = sequence()
    changed = x.clone()
    changed[6:] += 1
    causal, both = net(causal=True), net()
    torch.testing.assert_close(causal(x)[:6], causal(changed)[:6])
    assert not torch.allclose(both(x)[:6], both(changed)[:6])


def test_every_parameter_gets_a_gradient():
    body = net()
    body(sequence(), LENGTHS).square().sum().backward()
    for name, parameter in body.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("budget", [1_000, 13_000, 60_000])
@pytest.mark.parametrize(("kernel_size", "num_layers"), [(3, 5), (5, 2)])
def test_the_most_channels_within_a_budget_are_found(budget, kernel_size, num_layers):
    options = {"kernel_size": kernel_size, "num_layers": num_layers}
    channels = channels_within(budget, INPUT, **options)
    sizes = [
        sum(parameter.numel() for parameter in ConvNet(INPUT, width, **options).parameters())
        for width in (channels, channels + 1)
    ]
    assert sizes[0] <= budget < sizes[1]


def test_a_batch_of_no_rows_works():
    assert net()(torch.zeros(TIME, 0, INPUT, dtype=torch.float64)).shape == (TIME, 0, CHANNELS)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"shape \(11, 3, 2\); expected \(time, batch, 4\)"):
        net()(torch.zeros(TIME, BATCH, 2))
    with pytest.raises(ArgumentError, match="kernel_size is 4; expected an odd number"):
        net(kernel_size=4)
    with pytest.raises(ArgumentError, match="channels is 0"):
        ConvNet(INPUT, 0)
