"""Estimators over a network: how it is kept in a pickle, and how it is asked."""

import copy
from typing import Any, cast

import torch
from safetensors.torch import load, save
from sklearn.base import BaseEstimator


class NetworkEstimator(BaseEstimator):
    """An estimator whose `model_` is one of `elman.models`.

    A pickle holds the class of the model, its arguments and, as safetensors, its weights; so does what
    scikit-learn sends to other processes.
    """

    model_: Any

    def _exact(self) -> Any:
        """The network in float64.

        In float32, what is said of a sample depends in the last digits on the others in its batch; scikit-learn asks
        that it does not.
        """
        return copy.deepcopy(self.model_).double()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(cast(dict[str, Any], super().__getstate__()))
        if "model_" in state:
            model = state["model_"]
            weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
            state["model_"] = (type(model), model.arguments, save(weights))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            kind, arguments, weights = state["model_"]
            with torch.random.fork_rng(devices=[]):  # the first weights are drawn, and then replaced
                model = kind(**arguments)
            model.load_state_dict(load(weights), assign=True)
            state = {**state, "model_": model.eval()}
        super().__setstate__(state)
