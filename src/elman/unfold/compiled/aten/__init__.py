"""The operations of PyTorch, as a step is traced, in the operations of a graph.

A table from the name of an operation to a *handler*, which makes its result in the graph. What stands in no table is
no error: outside the core PyTorch runs it.
"""

from elman.unfold.compiled.aten.arithmetic import ARITHMETIC
from elman.unfold.compiled.aten.call import Handler
from elman.unfold.compiled.aten.chance import CHANCE
from elman.unfold.compiled.aten.movement import MOVEMENT
from elman.unfold.compiled.aten.products import PRODUCTS
from elman.unfold.compiled.aten.reductions import REDUCTIONS

HANDLERS: dict[str, Handler] = ARITHMETIC | MOVEMENT | REDUCTIONS | PRODUCTS | CHANCE
