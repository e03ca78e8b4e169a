import numpy as np
import torch

from elman.models.linear import LinearPath, ridge


def problem(rows: int = 60, features: int = 5):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, features)) + 3
    return x, x @ random.normal(size=(features, 4)) + random.normal(size=(rows, 4)) + 7


def test_the_solution_is_where_the_gradient_of_the_penalised_error_vanishes():
    x, y = problem()
    (solution,) = ridge(x, y, [2.5])
    weight = torch.tensor(solution.weight, requires_grad=True)
    bias = torch.tensor(solution.bias, requires_grad=True)
    error = (torch.tensor(y) - torch.tensor(x) @ weight - bias).square().sum() + 2.5 * weight.square().sum()
    error.backward()
    for part in (weight, bias):
        assert part.grad is not None
        assert part.grad.abs().max() < 1e-9


def test_the_strength_is_the_one_that_errs_least_on_the_windows_held_back():
    random = np.random.default_rng(0)
    noise = random.normal(size=(80, 30))
    last = random.normal(size=(80, 1))
    targets = last[:, None] + random.normal(size=(80, 2, 1))
    assert LinearPath(30, 2, 1).fit(noise, last, targets, 16, [1e-6, 1e6]) == 1e6
    useful = last[:, None] + (noise @ random.normal(size=(30, 2)))[..., None]
    assert LinearPath(30, 2, 1).fit(noise, last, useful, 16, [1e-6, 1e6]) == 1e-6


def test_an_endless_penalty_forecasts_the_last_value_and_the_mean_change():
    x, y = problem()
    last = y[:, :1]
    path = LinearPath(5, 2, 2).double()
    path.fit(x, np.repeat(last, 2, axis=1), y.reshape(-1, 2, 2), 0, [1e15])
    forecast = path(torch.tensor(x), torch.tensor(np.repeat(last, 2, axis=1))).numpy()
    change = (y - last).mean(0).reshape(2, 2)
    np.testing.assert_allclose(forecast, last[:, None] + change, rtol=1e-6)
