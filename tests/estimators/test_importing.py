import subprocess
import sys

WITHOUT = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")

sys.meta_path.insert(0, Nothing())
"""


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_the_package_and_its_models_do_not_import_scikit_learn():
    assert run("import sys, elman; elman.Classifier; elman.fit; print('sklearn' in sys.modules)") == "False\n"


def test_without_scikit_learn_the_extra_is_named():
    program = WITHOUT + "import elman\ntry: import elman.estimators\nexcept elman.ArgumentError as error: print(error)"
    assert "pip install 'elman[sklearn]'" in run(program)
