"""What a classifier of files is handed afterwards: rows without labels, and single images."""

import numpy as np
import pytest
from PIL import Image

from elman.errors import ArgumentError
from elman.tasks import fit

QUICK = {"hidden_size": 4, "epochs": 1, "minutes": 0.01, "threads": 1, "frame": 1}


def rows(count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rising and falling lines, and which is which: 1 or 2."""
    random = np.random.default_rng(seed)
    label = random.integers(1, 3, count)
    return label, (3 - 2 * label[:, None]) * np.linspace(-1, 1, 9) + 0.1 * random.normal(size=(count, 9))


def write(path, values, label=None) -> str:
    lines = ["\t".join(f"{value:.6f}" for value in row) for row in values]
    if label is not None:
        lines = [f"{one:.7e}\t{line}" for one, line in zip(label, lines, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    label, values = rows(40)
    return fit(write(tmp_path_factory.mktemp("ucr") / "Lines_TRAIN.tsv", values, label), task="classify", **QUICK)


def test_rows_without_labels_get_the_same_classes_as_with_labels(learnt, tmp_path):
    label, values = rows(7, seed=1)
    found = [
        learnt.predict(write(tmp_path / name, values, labels))
        for name, labels in [
            ("Lines_TEST.tsv", label),
            ("new.tsv", None),
            ("labelled.tsv", label),
            ("X_TEST.tsv", None),
        ]
    ]
    for other in found[1:]:
        for name in found[0].columns:
            np.testing.assert_array_equal(other.columns[name], found[0].columns[name])
    assert learnt.evaluate(str(tmp_path / "labelled.tsv")).scores


def test_numbers_are_not_guessed_from_the_first_value_of_a_row(tmp_path):
    _, values = rows(40)
    model = fit(write(tmp_path / "Sums_TRAIN.tsv", values, values.sum(axis=1)), task="regress", **QUICK)
    with pytest.raises(ArgumentError, match=r"new\.tsv: it cannot be seen.*name the file new_TEST\.tsv"):
        model.predict(write(tmp_path / "new.tsv", values))
    assert len(model.predict(write(tmp_path / "new_TEST.tsv", values, np.zeros(40)))) == 40


def test_a_single_image_gets_the_class_that_it_gets_in_a_folder(tmp_path):
    random = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 200)):
        (tmp_path / "all" / name).mkdir(parents=True)
        for number in range(8):
            pixels = np.clip(level + 20 * random.normal(size=(6, 5)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "all" / name / f"{number}.png")
    model = fit(tmp_path / "all", **QUICK)
    (tmp_path / "new").mkdir()
    Image.fromarray(np.full((6, 5), 210, np.uint8)).save(tmp_path / "new" / "one.png")
    alone, folder = model.predict(tmp_path / "new" / "one.png"), model.predict(tmp_path / "new")
    assert len(alone) == 1
    for name in alone.columns:
        np.testing.assert_array_equal(alone.columns[name], folder.columns[name])
    Image.fromarray(np.full((6, 7), 210, np.uint8)).save(tmp_path / "wide.png")
    with pytest.raises(ArgumentError, match=r"wide\.png has 7 channels.*learnt from 5"):
        model.predict(tmp_path / "wide.png")
