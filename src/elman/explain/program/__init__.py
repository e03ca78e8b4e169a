"""A step, or a head, as a list of operations that a page can run, and its arithmetic in letters."""

from elman.explain.program.make import NoProgram, program_of, program_of_cell

__all__ = ["NoProgram", "program_of", "program_of_cell"]
