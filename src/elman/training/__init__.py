"""Train a model, see how it goes, and keep what was best; the three jobs of the demo.

>>> import elman, numpy
>>> from elman.models import Classifier, SequenceExamples
>>> from elman.training import fit
>>> digits = elman.data.load("digits").take(numpy.arange(200))
>>> model = Classifier(8, digits.classes, cell="gru", hidden_size=16, pools=["last"])
>>> model.prepare(SequenceExamples(digits))
>>> history = fit(model, SequenceExamples(digits), epochs=2)
>>> history.epochs, history.ending
(2, 'epochs')
"""

from elman.training.callbacks import Callback, HistoryFile
from elman.training.history import History, Record, Rollback
from elman.training.loop import evaluate, fit
from elman.training.progress import ShowProgress
from elman.training.tensorboard import TensorBoard

__all__ = ["fit", "evaluate", "History", "Record", "Rollback", "Callback", "HistoryFile", "ShowProgress", "TensorBoard"]
