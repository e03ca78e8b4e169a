"""The cells once more, in NumPy, from the papers: a plain loop each, away from the code that they check.

Each takes the parameters by name, the inputs `(time, batch, features)` and the tuple of states, and returns
the outputs and the last states.
"""
