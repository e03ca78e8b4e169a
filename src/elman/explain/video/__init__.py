"""A short film of a network at work on a real sequence."""

from elman.explain.video.film import Film
from elman.explain.video.making import film_of, single_film
from elman.explain.video.writing import check_video, write_video

__all__ = ["Film", "check_video", "film_of", "single_film", "write_video"]
