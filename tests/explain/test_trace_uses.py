"""A trace as a table, in a file, as a figure, as text."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import elman
from elman import Trace, trace
from tolerances import assert_equal

pytestmark = pytest.mark.usefixtures("by_the_loop")


@pytest.fixture
def seen():
    layer = elman.Recurrent("lstm", 3, 5, bidirectional=True)
    return trace(layer, torch.randn(7, 3, 3), lengths=[7, 4, 2], loss=lambda output, _: output.sum(), rows=[0, 1])


@pytest.mark.parametrize("native", ["pandas", "polars", "pyarrow"])
def test_a_table_has_a_line_for_each_number_within_the_lengths(seen, native):
    table = seen.to_frame(native, names=["layer1.backward.h", "forget"])
    assert type(table).__module__.startswith(native)
    columns = {name: np.asarray(table[name]) for name in ("row", "time", "name", "unit", "value")}
    assert len(columns["row"]) == 3 * (7 + 4) * 5
    for row, time, name, unit, value in list(zip(*columns.values(), strict=True))[::17]:
        assert value == pytest.approx(float(seen[name][time, row, unit]))
    assert set(columns["name"]) == {"layer1.backward.h", "layer1.forward.forget_gate", "layer1.backward.forget_gate"}
    assert columns["time"][columns["row"] == 1].max() == 3


def test_a_table_of_an_unknown_library_or_name_is_refused(seen):
    with pytest.raises(elman.ArgumentError, match="expected 'pandas', 'polars' or 'pyarrow'"):
        seen.to_frame("numpy")
    with pytest.raises(elman.ArgumentError, match="Did you mean"):
        seen.to_frame(names=["forgte_gate"])


def test_what_was_saved_comes_back(seen, tmp_path):
    file = tmp_path / "deeper" / "a.safetensors"
    seen.save(file)
    seen.save(file)
    again = Trace.load(file)
    assert repr(again) == repr(seen)
    for name in seen:
        assert_equal(again[name], seen[name])
    for name in seen.gradients:
        assert_equal(again.gradients[name], seen.gradients[name])
    assert_equal(again.lengths, seen.lengths)
    assert again.records[1].reverse
    assert again.call is None
    assert [path.name for path in file.parent.iterdir()] == ["a.safetensors"]
    assert b"pickle" not in file.read_bytes()


def test_a_file_that_holds_no_trace_is_refused_by_its_name(tmp_path):
    for content in (b"", b"no trace at all, but longer than a header"):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(elman.DataError, match="a: no trace can be read"):
            Trace.load(tmp_path / "a")
    with pytest.raises(elman.DataError, match="nowhere"):
        Trace.load(tmp_path / "nowhere")
    save_file({"x": torch.zeros(2)}, tmp_path / "b")
    with pytest.raises(elman.DataError, match="this is none"):
        Trace.load(tmp_path / "b")
    save_file({"x": torch.zeros(2)}, tmp_path / "c", {"elman_trace": json.dumps({"version": 99})})
    with pytest.raises(elman.DataError, match="this is 99"):
        Trace.load(tmp_path / "c")
    broken = {"version": 1, "kind": "LSTM", "loss": None, "records": [{"label": ""}]}
    save_file({"x": torch.zeros(2)}, tmp_path / "d", {"elman_trace": json.dumps(broken)})
    with pytest.raises(elman.DataError, match="lacks"):
        Trace.load(tmp_path / "d")


@pytest.mark.parametrize(
    ("what", "panels"), [("states", 4), ("gates", 6), ("gradients", 2), ("layer1.forward.c", 1), ("forget", 2)]
)
def test_a_figure_has_a_panel_for_each_value_with_its_name_and_axes(seen, what, panels, tmp_path):
    figure = seen.plot(what)
    drawn = [axes for axes in figure.axes if axes.get_title("left")]
    assert len(drawn) == panels
    assert all(axes.get_ylabel() for axes in drawn)
    assert "time step" in drawn[-1].get_xlabel()
    figure.savefig(tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size > 1000


def test_a_figure_shows_the_values_of_the_row_that_was_asked_for(seen):
    (axes,) = seen.plot("layer1.forward.c", rows=1).axes
    for unit, line in enumerate(axes.lines):
        np.testing.assert_allclose(line.get_ydata(), seen["layer1.forward.c"][:4, 1, unit], rtol=1e-6)
    assert [line.get_label() for line in axes.lines] == ["0", "1", "2", "3", "4"]
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 5


def test_many_units_are_drawn_as_a_map_of_some_of_them():
    seen = trace(elman.GRU(3, 100), torch.randn(7, 2, 3))
    figure = seen.plot("h", units=10)
    assert figure.axes[0].get_ylabel() == "10 of 100 units"
    assert figure.axes[0].collections[0].get_array().shape == (10, 7)


def test_what_cannot_be_drawn_is_refused(seen):
    with pytest.raises(elman.ArgumentError, match=r"row 2 is not in the trace; it kept \[0, 1\]"):
        seen.plot(rows=2)
    with pytest.raises(elman.ArgumentError, match="Did you mean"):
        seen.plot("forgte_gate")
    with pytest.raises(elman.ArgumentError, match="no gates to draw"):
        trace(elman.Elman(3, 5), torch.randn(7, 2, 3)).plot("gates")
    with pytest.raises(elman.ArgumentError, match="no gradients"):
        trace(elman.Elman(3, 5), torch.randn(7, 2, 3)).plot("gradients")
    with pytest.raises(elman.ArgumentError, match="units is 0"):
        seen.plot(units=0)


def test_without_matplotlib_the_extra_is_named(seen, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(elman.ArgumentError, match=r"pip install 'elman\[plot\]'"):
        seen.plot()


def test_a_trace_does_not_import_matplotlib():
    program = "import sys, elman; elman.trace; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
