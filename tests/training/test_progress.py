import io

import pytest
from rich.console import Console

from elman.training import ShowProgress, fit
from elman.training.schedule import warm_then_cool
from models.modelling import classifier, sequence_examples


def shown(**console) -> str:
    out = io.StringIO()
    model = classifier()
    model.prepare(sequence_examples())
    fit(model, sequence_examples(), epochs=25, callbacks=[ShowProgress("ramps", Console(file=out, **console))])
    return out.getvalue()


def test_away_from_a_terminal_there_are_a_few_plain_lines():
    lines = shown().splitlines()
    assert 5 < len(lines) < 15
    assert lines[0].startswith("ramps: epoch 2/25, training ")
    assert lines[-1].startswith("ramps: done after 25 epochs")
    assert lines[-1].endswith("kept epoch 25")
    assert "\x1b" not in "".join(lines)


def test_on_a_terminal_there_is_a_bar_that_goes_away():
    text = shown(force_terminal=True, width=100)
    assert "━" in text
    assert "\x1b" in text
    assert "ramps: done after 25 epochs" in text


def test_it_goes_to_stderr(capsys):
    model = classifier()
    model.prepare(sequence_examples())
    fit(model, sequence_examples(), epochs=1, callbacks=[ShowProgress("ramps")])
    out, err = capsys.readouterr()
    assert not out
    assert "ramps: done after 1 epochs" in err


def test_an_interrupt_says_what_was_kept():
    out = io.StringIO()

    class Interrupt(ShowProgress):
        def on_epoch(self, record):
            super().on_epoch(record)
            if record.epoch == 2:
                raise KeyboardInterrupt

    model = classifier()
    model.prepare(sequence_examples())
    with pytest.raises(KeyboardInterrupt):
        fit(model, sequence_examples(), epochs=9, callbacks=[Interrupt("ramps", Console(file=out))])
    assert "interrupted after 2 epochs" in out.getvalue()
    assert "kept epoch 2" in out.getvalue()


def test_the_learning_rate_warms_up_then_cools_down():
    rates = [warm_then_cool(step / 100) for step in range(101)]
    highest = rates.index(max(rates))
    assert rates[highest] == 1
    assert rates[: highest + 1] == sorted(rates[: highest + 1])
    assert rates[highest:] == sorted(rates[highest:], reverse=True)
    assert rates[-1] < 1e-9 < rates[0]
