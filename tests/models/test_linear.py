import torch
from torch import Tensor

from elman.models.linear import LinearPath, ridge


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def problem(rows: int = 60, features: int = 5) -> tuple[Tensor, Tensor]:
    x = normal(rows, features) + 3
    return x, x @ normal(features, 4) + normal(rows, 4) + 7


def test_the_solution_is_where_the_gradient_of_the_penalised_error_vanishes():
    x, y = problem()
    (solution,) = ridge(x, y, [2.5])
    weight, bias = (part.requires_grad_() for part in solution)
    error = (y - x @ weight - bias).square().sum() + 2.5 * weight.square().sum()
    for gradient in torch.autograd.grad(error, [weight, bias]):
        assert gradient.abs().max() < 1e-9


def test_the_strength_is_the_one_that_errs_least_on_the_windows_held_back():
    noise, last = normal(80, 30), normal(80, 1)
    unrelated = last[:, None] + normal(80, 2, 1)
    assert LinearPath(30, 2, 1).fit(noise, last, unrelated, [1e-6, 1e6]).strength == 1e6
    related = last[:, None] + (noise @ normal(30, 2))[..., None]
    assert LinearPath(30, 2, 1).fit(noise, last, related, [1e-6, 1e6]).strength == 1e-6


def test_an_endless_penalty_forecasts_the_last_value_and_the_mean_change():
    x, y = problem()
    last = y[:, :1].expand(-1, 2)
    path = LinearPath(5, 2, 2).double()
    path.fit(x, last, y.view(-1, 2, 2), [1e15])
    change = (y - y[:, :1]).mean(dim=0).view(2, 2)
    torch.testing.assert_close(path(x, last), last[:, None] + change, rtol=1e-6, atol=0)


def test_the_residuals_are_those_of_windows_that_were_not_fitted_on():
    noise, last = normal(40, 30), normal(40, 1)
    unrelated = last[:, None] + normal(40, 2, 1)
    fit = LinearPath(30, 2, 1).fit(noise, last, unrelated, [1e-6, 1e-5])
    change = (unrelated - last[:, None])[..., 0]
    others = [*range(9), *range(21, 40)]  # of the second quarter, less one window on either side: the horizon is 2
    (solution,) = ridge(noise[others], change[others], [fit.strength])
    expected = change[10:20] - noise[10:20] @ solution.weight - solution.bias
    torch.testing.assert_close(fit.residuals[10:20, :, 0], expected, rtol=1e-6, atol=1e-6)
