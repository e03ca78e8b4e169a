"""Compiled objects on disk: found again, never trusted blindly, never in the way."""

import errno
import os
import subprocess
import sys
import time
import warnings

import pytest
import torch

from elman.cells import LSTM, MGU, SingleRNN
from elman.errors import ElmanError
from elman.unfold.compiled import cache, key, machine
from elman.unfold.compiled.capture import capture
from elman.unfold.compiled.graph import Value
from elman.unfold.compiled.machine import compile_program
from elman.unfold.compiled.plan import make_plan
from elman.unfold.compiled.program import forward_program
from elman.unfold.compiled.stages import Apply, Load, Number, Place
from elman.unfold.compiled.target import host

KEY, OTHER = "ab" * 32, "cd" * 32
needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission bits")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "above" / "cache"))
    monkeypatch.setattr(cache, "_warned", set())
    return tmp_path / "above" / "cache"


@pytest.fixture
def compilations(monkeypatch):
    """Grows by one whenever LLVM compiles."""
    count = []
    original = machine.compile_object
    monkeypatch.setattr(machine, "compile_object", lambda *given: count.append(1) or original(*given))
    return count


def program_of(cell):
    with torch.no_grad():
        captured = capture(cell, torch.zeros(3, cell.input_size), tuple(t.clone() for t in cell.initial_state(3)))
        return forward_program(make_plan(captured))


@pytest.fixture(scope="module")
def program():
    return program_of(LSTM(3, 5))


@pytest.fixture(scope="module")
def machine_code(program):
    return machine.compile_object(machine.build_module(program, host(), 32)[0], host())


def path_of(folder, key=KEY):
    return folder / f"{key}.object"


# Found again


def test_what_was_written_is_read(folder):
    cache.write(KEY, b"code")
    assert cache.read(KEY) == b"code"
    assert cache.read(OTHER) is None
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.object"]


def test_a_program_is_compiled_once(program, compilations, monkeypatch):
    first = compile_program(program, host(), 32)
    monkeypatch.setattr(machine, "build_module", None)  # not even the IR is made
    second = compile_program(program, host(), 32)
    assert len(compilations) == 1
    assert (second.packed, second.scratch) == (first.packed, first.scratch)


@pytest.mark.slow
def test_another_process_finds_it_and_gets_the_same_numbers(folder):
    words = [run_a_cell(folder).communicate(timeout=120)[0] for _ in range(2)]
    assert [line.split()[0] for line in words] == ["3", "0"]  # two kernels, and small products
    assert words[0].split()[1:] == words[1].split()[1:]


@pytest.mark.slow
def test_two_processes_on_one_empty_cache_do_not_collide(folder):
    both = [run_a_cell(folder) for _ in range(2)]
    words = [one.communicate(timeout=120)[0].split() for one in both]
    assert all(one.returncode == 0 for one in both)
    assert words[0][1:] == words[1][1:]
    assert cache.contents().entries == 3
    assert all(path.suffix == ".object" for path in folder.iterdir())


def run_a_cell(folder) -> subprocess.Popen[str]:
    """Prints how often it compiled, and a sum that depends on all numbers."""
    code = """
import sys, torch, elman
from elman.unfold.compiled import machine
count, original = [], machine.compile_object
machine.compile_object = lambda *given: count.append(1) or original(*given)
torch.manual_seed(0)
x = torch.randn(7, 2, 3, requires_grad=True)
output = elman.unfold(elman.LSTM(3, 5), x, engine="compiled").output
output.square().sum().backward()
print(len(count), output.sum().item(), x.grad.sum().item())
"""
    environment = os.environ | {"ELMAN_CACHE": str(folder)}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)


# The key


def test_other_equations_or_sizes_have_another_key(program):
    others = [program_of(cell) for cell in (LSTM(3, 6), MGU(3, 5), SingleRNN(3, 5))]
    assert len({key.key_of(one.schedule, one.signature) for one in (program, *others)}) == 4


def test_the_same_cell_has_the_same_key(program):
    again = program_of(LSTM(3, 5))
    assert key.key_of(program.schedule, program.signature) == key.key_of(again.schedule, again.signature)


def test_every_feature_of_the_target_and_the_width_count(program):
    target = host()
    keys = {key.key_of(program, target, 32), key.key_of(program, target, 64)}
    for name, value in {"name": "other", "triple": "other", "features": "-avx", "registers": 7}.items():
        keys.add(key.key_of(program, type(target)(**{**vars(target), name: value}), 32))
    assert len(keys) == 6


def test_the_generator_counts(program, monkeypatch):
    before = key.key_of(program)
    for i in range(len(key._GENERATOR)):
        monkeypatch.setattr(key, "_GENERATOR", (*key._GENERATOR[:i], "other", *key._GENERATOR[i + 1 :]))
        assert key.key_of(program) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Number(0.0), Number(-0.0)),
        (Number(1.0), Number(1)),
        (Apply("add", (Number(1.0), Number(2.0))), Apply("add", (Number(2.0), Number(1.0)))),
        (Load(Place("time", 0), (1,)), Load(Place("time", 0), (1,), truth=True)),
        (Load(Place("time", 1), (1, 1)), Load(Place("time", 1), (1, 11))),
        ((1, (2, 3)), ((1, 2), 3)),
        ((1, 2, 1, 1), (1, 1, 2, 1)),  # the same lines in the same order, wired otherwise
        (("1", "2"), ("1, 2",)),
        (Value("parameter", (), (3, 5), False), Value("parameter", (), (5, 3), False)),
    ],
)
def test_parts_that_differ_have_other_texts(one, other):
    assert key.text_of(one) != key.text_of(other)


def test_shared_operands_are_written_once():
    expression = Number(1.0)
    for _ in range(2000):  # written out: 2 to the 2000th; called for each: too deep for Python
        expression = Apply("add", (expression, expression))
    assert key.text_of(expression).count("\n") < 10_000


# Damage


@pytest.mark.parametrize("place", ["magic", "version", "key", "length", "digest", "payload"])
def test_one_flipped_bit_is_seen(folder, place):
    cache.write(KEY, b"payload of some length")
    at = {"magic": 0, "version": 8, "key": 20, "length": 44, "digest": 60, "payload": -1}[place]
    data = bytearray(path_of(folder).read_bytes())
    data[at] ^= 1
    path_of(folder).write_bytes(data)
    assert cache.read(KEY) is None


@pytest.mark.parametrize("length", [0, 1, 8, 51, 52, 83, 84, 90])
def test_a_truncated_file_is_refused(folder, length):
    cache.write(KEY, b"payload of some length")
    os.truncate(path_of(folder), length)
    assert cache.read(KEY) is None


def test_a_longer_file_is_refused(folder):
    cache.write(KEY, b"code")
    with open(path_of(folder), "ab") as file:
        file.write(b"more")
    assert cache.read(KEY) is None


def test_the_file_of_another_key_is_refused(folder):
    cache.write(OTHER, b"other code")
    path_of(folder, OTHER).rename(path_of(folder))
    assert cache.read(KEY) is None


def test_a_damaged_object_is_compiled_again_and_never_loaded(program, folder, compilations):
    compile_program(program, host(), 32)
    (path,) = folder.iterdir()
    good = path.read_bytes()
    path.write_bytes(good[:-100] + bytes(100))
    compile_program(program, host(), 32)
    assert len(compilations) == 2
    assert path.read_bytes() == good


# Trust


@needs_modes
def test_folder_and_files_are_the_users_alone(folder):
    cache.write(KEY, b"code")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path_of(folder).stat().st_mode & 0o777 == 0o600


@needs_modes
@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_neither_read_nor_written_and_said_once(folder, mode):
    cache.write(KEY, b"code")
    folder.chmod(mode)
    with pytest.warns(RuntimeWarning, match=r"others can write in .*chmod go-w"):
        assert cache.read(KEY) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.write(OTHER, b"code")
        assert cache.read(KEY) is None
    assert len(list(folder.iterdir())) == 1
    assert cache.contents().state == "refused"


@needs_modes
def test_a_folder_of_another_user_is_not_trusted(folder, monkeypatch):
    cache.write(KEY, b"code")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.warns(RuntimeWarning, match=r"belongs to user .*Name a folder of your own in ELMAN_CACHE"):
        assert cache.read(KEY) is None


@needs_modes
def test_a_link_to_a_folder_is_not_trusted(folder):
    cache.write(KEY, b"code")
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")
    with pytest.warns(RuntimeWarning, match="is a link"):
        assert cache.read(KEY) is None


@needs_modes
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(folder, mode):
    cache.write(KEY, b"code")
    path_of(folder).chmod(mode)
    assert cache.read(KEY) is None


@needs_modes
def test_a_file_of_another_user_is_refused(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    cache.write(KEY, b"code")
    os.chown(path_of(folder), 12345, -1)
    assert cache.read(KEY) is None


@needs_modes
def test_a_link_to_a_whole_file_is_refused_and_replaced_without_touching_what_it_leads_to(folder, tmp_path):
    cache.write(KEY, b"code")
    away = path_of(folder).rename(tmp_path / "away")
    path_of(folder).symlink_to(away)
    before = away.read_bytes()
    assert cache.read(KEY) is None
    cache.write(KEY, b"new")
    assert not path_of(folder).is_symlink()
    assert away.read_bytes() == before


@needs_modes
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_refused_without_waiting(folder, kind):
    cache.write(OTHER, b"code")
    (os.mkdir if kind == "folder" else os.mkfifo)(path_of(folder))
    assert cache.read(KEY) is None


# Never in the way


@pytest.mark.parametrize("word", ["", "off", "OFF"])
def test_it_can_be_turned_off(monkeypatch, tmp_path, word):
    monkeypatch.setenv("ELMAN_CACHE", word)
    monkeypatch.chdir(tmp_path)
    cache.write(KEY, b"code")
    assert cache.read(KEY) is None
    assert not list(tmp_path.iterdir())
    assert cache.contents().state == "off"


def test_without_a_home_there_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("ELMAN_CACHE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "expanduser", str)  # what it does for a user without a home
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    cache.write(KEY, b"code")
    assert cache.read(KEY) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["mkdir", "open", "replace"])
def test_a_folder_that_cannot_be_written_costs_only_time(program, machine_code, folder, monkeypatch, code, step):
    original = getattr(os, step)

    def refuse(*given, **more):
        if step == "open" and not given[1] & os.O_CREAT:
            return original(*given, **more)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, refuse)
    monkeypatch.setattr(machine, "compile_object", lambda *given: machine_code)
    assert callable(compile_program(program, host(), 32).run)
    assert not list(folder.glob("*"))


def test_a_disk_that_fills_while_writing_leaves_nothing_behind(folder):
    cache.write(OTHER, b"code")
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # real partial writes
    try:
        cache.write(KEY, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in folder.iterdir()] == [f"{OTHER}.object"]


def test_a_file_where_the_folder_should_be_costs_only_time(folder):
    folder.parent.mkdir()
    folder.write_text("mine")
    cache.write(KEY, b"code")
    assert cache.read(KEY) is None
    assert folder.read_text() == "mine"


def test_a_folder_that_cannot_be_touched_is_read(monkeypatch):
    cache.write(KEY, b"code")

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "utime", refuse)
    assert cache.read(KEY) == b"code"


# Size


def test_the_least_recently_used_go_first(folder, monkeypatch):
    keys = [f"{i:064x}" for i in range(4)]
    monkeypatch.setattr(cache, "LIMIT", 3500)
    for i, one in enumerate(keys[:3]):
        cache.write(one, bytes(1000))
        os.utime(path_of(folder, one), (i, i))
    cache.read(keys[0])
    cache.write(keys[3], bytes(1000))
    assert [cache.read(one) is not None for one in keys] == [True, False, True, True]


def test_what_is_larger_than_all_of_it_is_not_stored(folder, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 100)
    cache.write(KEY, bytes(1000))
    assert not folder.exists()


def test_an_abandoned_file_is_removed_and_one_in_the_making_is_not(folder):
    cache.write(KEY, b"code")
    old, new = (folder / f"{OTHER}.{digit * 16}.part" for digit in "01")
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.write(KEY, b"code")
    assert not old.exists()
    assert new.exists()


# Clearing


def test_clearing_removes_only_what_is_elmans_own(folder):
    cache.write(KEY, b"code")
    cache.write(OTHER, b"code")
    strangers = [folder / name for name in ("thesis.tex", "x.object", f"{KEY}.object.bak")]
    for path in strangers:
        path.write_text("mine")
    assert cache.clear() == 2
    assert sorted(folder.iterdir()) == sorted(strangers)


@needs_modes
def test_a_folder_that_is_not_trusted_is_not_cleared(folder):
    cache.write(KEY, b"code")
    folder.chmod(0o777)
    with pytest.raises(ElmanError, match="chmod go-w"):
        cache.clear()
    assert path_of(folder).exists()


def test_clearing_nothing_is_no_error(folder):
    assert cache.clear() == 0
    assert not folder.exists()
