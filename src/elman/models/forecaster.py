"""The next time steps of a series from the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from elman.data import Scaler, interpolated
from elman.errors import ArgumentError
from elman.models.body import CellChoice, MakeBody, RecurrentBody, make_body
from elman.models.evaluating import evaluating
from elman.models.examples import WindowExamples, tensor
from elman.models.gaps import Gaps, shown
from elman.models.inputs import Inputs, checked_known
from elman.models.linear import LinearFit, LinearPath, trusted
from elman.models.pooling import check_pools, pooled
from elman.models.quantiles import check_quantiles, pinball, residual_quantiles

_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)


class Forecaster(nn.Module):
    r"""A recurrent network beside a ridge regression: it starts where the regression ends and learns the rest.

    $$ \hat y = \mathrm{linear}(x) + V \, \mathrm{pool}(\mathrm{body}(x)), \qquad V = 0 \text{ at the start} $$

    Call `prepare` with the training part first: it measures the scale of every channel and solves for the linear
    path (`LinearPath`), which stays as it is. Then `elman.training.fit` trains the rest.

    Args:
        channels: Channels of a history.
        history: Time steps read.
        horizon: Time steps forecast.
        targets: The channels that are forecast.
        known: Features known of the origin ahead of time, such as its place in the day; 0 for none.
        cell: The cells of the body, as for `elman.Recurrent`.
        hidden_size: Units of each of its layers.
        num_layers: Its layers.
        dropout: Probability in [0, 1) that a pooled output is dropped while training.
        input_dropout: Probability in [0, 1) that an input feature is silent for a whole window while training.
        pools: How the outputs of the body become one vector: some of `"last"`, `"mean"`, `"max"`.
        quantiles: Forecast these quantiles, each in (0, 1), and the median, instead of the mean.
        centred: Read the history as distances from its last row: right for series that drift to new levels.
        decaying: Let the linear path trust a value the less, the longer ago it was, and the level of the last row
            less than changes since. A long history then does no harm to it.
        gaps: How missing values are shown to the body: `"mask"`, `"since"`, or `"decay"` for `cell="grud"`; see
            `elman.models.gaps.shown`. The linear path reads them filled by straight lines.
        body: A function from the number of features to another body, in place of the recurrent one: a module
            with `output_size` and `forward(input, lengths)`, such as `elman.models.baselines.ConvNet`.
        cell_arguments: Further arguments of the cell, and of `elman.Recurrent`, such as `zoneout`.

    Raises:
        ArgumentError: An argument does not fit.

    Example:
        >>> import elman
        >>> from elman.models import Forecaster, WindowExamples
        >>> weather = elman.data.load("jfk_weather").regular()[:500]
        >>> cut = elman.data.windows(weather.values, history=12, horizon=3, targets=[0])
        >>> model = Forecaster(channels=8, history=12, horizon=3, targets=[0], cell="gru", hidden_size=5)
        >>> fit = model.prepare(WindowExamples(cut.within(slice(0, 400))))
        >>> model.predict(cut.inputs()[400:]).shape
        (86, 3, 1)
    """

    def __init__(
        self,
        channels: int,
        history: int,
        horizon: int,
        *,
        targets: Sequence[int] = (0,),
        known: int = 0,
        cell: CellChoice | Sequence[CellChoice] = "gru",
        hidden_size: int | Sequence[int] = 32,
        num_layers: int = 1,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        pools: Sequence[str] = ("last", "mean"),
        quantiles: Sequence[float] = (),
        centred: bool = False,
        decaying: bool = False,
        gaps: Gaps = "mask",
        body: MakeBody | None = None,
        **cell_arguments: Any,
    ) -> None:
        super().__init__()
        for name, size in (("history", history), ("horizon", horizon)):
            if size < 1:
                raise ArgumentError(f"{name} is {size}; expected at least 1 time step")
        if not targets or any(not 0 <= target < channels for target in targets):
            raise ArgumentError(f"targets are {list(targets)}; expected channels from 0 to {channels - 1}")
        if known < 0:
            raise ArgumentError(f"known is {known}; expected a number of features, 0 for none")
        if not 0 <= dropout < 1:
            raise ArgumentError(f"dropout is {dropout}; expected a probability in [0, 1)")
        self.arguments: dict[str, Any] = {
            "channels": channels,
            "history": history,
            "horizon": horizon,
            "targets": list(targets),
            "known": known,
            "cell": cell,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "dropout": dropout,
            "input_dropout": input_dropout,
            "pools": list(pools),
            **({"quantiles": list(quantiles)} if quantiles else {}),
            **({"centred": True} if centred else {}),
            **({"decaying": True} if decaying else {}),
            **({} if gaps == "mask" else {"gaps": gaps}),
            **({} if body is None else {"body": body}),
            **cell_arguments,
        }
        self.history = history
        self.horizon = horizon
        self.targets = tuple(targets)
        self.known = known
        self.decaying = decaying
        self.dropout = dropout
        self.pools = check_pools(pools)
        self.quantiles = check_quantiles(quantiles)

        marks = shown(gaps, cell if body is None else None)
        self.inputs = Inputs(channels, **marks, dropout=input_dropout, lines=True, centred=centred)
        features = self.inputs.output_size + known
        recurrent = partial(RecurrentBody, cell=cell, hidden_size=hidden_size, num_layers=num_layers, **cell_arguments)
        self.body, width = make_body(body or recurrent, features)
        self.head = nn.Linear(width * len(self.pools), horizon * len(self.targets) * max(len(self.quantiles), 1))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.linear = LinearPath(history * channels + known, horizon, len(self.targets))

    def prepare(self, train: WindowExamples, *, strengths: Sequence[float] = _STRENGTHS) -> LinearFit:
        """Compute from the training part what is not learnt: the scale of each channel and the linear path.

        A missing target is taken from the line between its measured neighbours in the training part. With
        quantiles, each starts as far from the linear path as the windows lay from it that were not fitted on.

        Args:
            train: Examples whose targets all lie in the training part, in time order.
            strengths: Strengths of the ridge regression to choose from, as in `LinearPath.fit`.

        Returns:
            The strength that was chosen, and how far off the windows that were held back for it were.

        Raises:
            ArgumentError: The windows do not fit the model, or are too few.
        """
        windows = train.windows
        came = (windows.history, windows.horizon, windows.targets, train.at_origins().shape[1])
        expected = (self.history, self.horizon, self.targets, self.known)
        if came != expected:
            raise ArgumentError(
                f"the windows have (history, horizon, targets, known) = {came}; the model was made for {expected}"
            )
        if not len(train):
            raise ArgumentError("there are no training windows; expected at least one. Give more rows")
        part = windows.values[: windows.origins.max() + windows.horizon]
        scaler = Scaler.fit(part)
        self.inputs.fit(scaler)

        dtype = self.linear.weight.dtype
        history = torch.as_tensor(windows.inputs(), dtype=dtype).transpose(0, 1)
        known = torch.as_tensor(train.at_origins(), dtype=dtype)
        features, last = self._flat(history, known)
        targets = replace(windows, values=interpolated(part, windows.starts)).outputs()
        scaled = torch.from_numpy(np.nan_to_num(scaler.select(self.targets).transform(targets)))
        fit = self.linear.fit(features.double(), last.double(), scaled, strengths)
        if self.quantiles:
            with torch.no_grad():
                self.head.bias.copy_(residual_quantiles(fit.residuals, self.quantiles).flatten())
        return fit

    def forward(
        self,
        history: Float[Tensor, "time batch channels"],
        known: Float[Tensor, "batch known"] | None = None,
    ) -> Float[Tensor, "batch horizon targets *quantiles"]:
        """The forecasts, in standard deviations from the mean of each target channel; see `predict` for units.

        With quantiles there is a last axis for them, in rising order, the median among them.

        Args:
            history: The last `history` time steps in their own units; a missing value is NaN.
            known: What is known of the origin, the first time step forecast.

        Raises:
            ArgumentError: A shape does not fit.
        """
        if len(history) != self.history:
            raise ArgumentError(
                f"history has {len(history)} time steps (shape {tuple(history.shape)}); the model reads {self.history}"
            )
        known = checked_known(known, history, self.known).to(self.inputs.mean.dtype)
        linear = self.linear(*self._flat(history, known))
        features = torch.cat([self.inputs(history), known.expand(len(history), -1, -1)], dim=-1)
        summary = pooled(self.body(features), None, self.pools)
        rest = self.head(F.dropout(summary, self.dropout, self.training))
        if self.quantiles:
            return linear[..., None] + rest.view(*linear.shape, len(self.quantiles))
        return linear + rest.view(linear.shape)

    def loss(
        self,
        history: Float[Tensor, "time batch channels"],
        known: Float[Tensor, "batch known"],
        target: Float[Tensor, "batch horizon targets"],
    ) -> Float[Tensor, ""]:
        """The mean squared error, each target in its standard deviations; what was not measured is left out.

        With quantiles, their mean pinball loss instead.
        """
        columns = list(self.targets)
        scaled = (target.to(self.inputs.mean.dtype) - self.inputs.mean[columns]) / self.inputs.std[columns]
        measured = ~scaled.isnan()
        forecast = self(history, known)
        if self.quantiles:
            error = pinball(forecast, scaled, self.quantiles)
        else:
            error = torch.where(measured, forecast - scaled, 0).square()
        return error.sum() / measured.sum().clamp(min=1)

    def weight(
        self,
        history: Float[Tensor, "time batch channels"],
        known: Float[Tensor, "batch known"],
        target: Float[Tensor, "batch horizon targets"],
    ) -> float:
        """How many measured values the mean of `loss` runs over."""
        return float((~target.isnan()).sum())

    def predict(
        self, history: np.ndarray, known: np.ndarray | None = None, *, batch_size: int = 1024
    ) -> Float[np.ndarray, "*windows horizon targets"]:
        """The forecasts, in the units of the targets: the mean, or the median if the model has quantiles.

        Args:
            history: `(history, channels)`, or `(windows, history, channels)` for many; a missing value is NaN.
            known: `(known,)` or `(windows, known)`, what is known of each origin, if the model was made for it.
            batch_size: How many are computed at one time.

        Raises:
            ArgumentError: A shape does not fit.
        """
        forecast = self._predict(history, known, batch_size)
        return forecast[..., self.quantiles.index(0.5)] if self.quantiles else forecast

    def predict_quantiles(
        self, history: np.ndarray, known: np.ndarray | None = None, *, batch_size: int = 1024
    ) -> Float[np.ndarray, "*windows horizon targets quantiles"]:
        """The quantiles of each forecast, in rising order and none above the next; arguments as of `predict`.

        Raises:
            ArgumentError: The model was made without quantiles, or a shape does not fit.
        """
        if not self.quantiles:
            raise ArgumentError("the model was made without quantiles; make it with quantiles=[0.1, 0.9]")
        return np.sort(self._predict(history, known, batch_size), axis=-1)

    @torch.no_grad()
    def _predict(self, history: np.ndarray, known: np.ndarray | None, batch_size: int) -> np.ndarray:
        single = history.ndim == 2
        histories = history[None] if single else history
        if histories.ndim != 3:
            raise ArgumentError(
                f"history has shape {history.shape}; expected (history, channels) or (windows, history, channels)"
            )
        origins = np.empty((len(histories), 0)) if known is None else known[None] if single else known
        with evaluating(self):
            parts = [
                self(
                    tensor(histories[start : start + batch_size]).transpose(0, 1),
                    tensor(origins[start : start + batch_size]),
                )
                for start in range(0, max(len(histories), 1), batch_size)
            ]
        columns = list(self.targets)
        mean, std = self.inputs.mean[columns], self.inputs.std[columns]
        if self.quantiles:
            mean, std = mean[:, None], std[:, None]
        forecast = torch.cat(parts) * std + mean
        return (forecast[0] if single else forecast).double().numpy()

    def _flat(
        self, history: Float[Tensor, "time batch channels"], known: Float[Tensor, "batch known"]
    ) -> tuple[Float[Tensor, "batch features"], Float[Tensor, "batch targets"]]:
        """What the linear path reads: every value and what is known, flat, and the last value of each target."""
        filled = self.inputs.filled(history)
        last = filled[-1][:, list(self.targets)]
        if self.decaying:
            filled = trusted(filled, self.horizon, level=not self.inputs.centred)
        elif self.inputs.centred:
            filled = filled - filled[-1]
        return torch.cat([filled.transpose(0, 1).flatten(1), known], dim=1), last
