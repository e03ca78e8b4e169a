"""Generate: a text, character after character, as another text is written."""

from elman.tasks.generate.learning import learn, validate
from elman.tasks.generate.model import TextModel
from elman.tasks.generate.texts import holds_text, text_of

__all__ = ["learn", "validate", "TextModel", "holds_text", "text_of"]
