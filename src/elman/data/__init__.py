"""Data that changes over time: the embedded sets, and how to cut, split and scale one.

>>> import elman
>>> weather = elman.data.load("jfk_weather").regular()
>>> split = elman.data.split_by_time(len(weather), test=0.2)
>>> scaler = elman.data.Scaler.fit(weather.values[split.train])
>>> cut = elman.data.windows(weather.values, history=72, horizon=24, targets=[weather.column("temp")])
>>> cut.within(split.test).outputs().shape
(1723, 24, 1)
"""

from elman.data.any_table import frame_of
from elman.data.arrays import sequences_of
from elman.data.cycles import calendar, cycles
from elman.data.embedded import load
from elman.data.encoding import Encoder
from elman.data.entries import catalogue, names
from elman.data.filling import carried, filled_inputs, interpolated
from elman.data.frame import Frame
from elman.data.grid import regularise, usual_step
from elman.data.panel import Panel, panel
from elman.data.reading import read_frame
from elman.data.records import About, Sequences, Series, Text
from elman.data.scaling import Scaler
from elman.data.sequence_files import kind_of, read_sequences
from elman.data.splits import LabelSplit, TimeSplit, split_by_label, split_by_time
from elman.data.windowing import Windows, windows
from elman.data.writing import write_frame

__all__ = [
    "load",
    "names",
    "catalogue",
    "About",
    "Series",
    "Sequences",
    "Text",
    "sequences_of",
    "read_sequences",
    "kind_of",
    "regularise",
    "usual_step",
    "Windows",
    "windows",
    "carried",
    "interpolated",
    "filled_inputs",
    "TimeSplit",
    "split_by_time",
    "LabelSplit",
    "split_by_label",
    "Scaler",
    "cycles",
    "calendar",
    "Frame",
    "read_frame",
    "write_frame",
    "frame_of",
    "Panel",
    "panel",
    "Encoder",
]
