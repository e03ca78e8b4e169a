"""The inlined functions: their accuracy over the whole range, their special values, the code that they become."""

import re
from functools import cache, partial

import mpmath
import numpy as np
import pytest
import torch
from llvmlite import ir

from elman.unfold.compiled.functions import ACCURACY, FUNCTIONS, power, sigmoid_times_tanh
from elman.unfold.compiled.functions.coefficients import COEFFICIENTS
from unfold.compiled.harness import HOST, RUN_HERE, TARGETS, X86, Compiled, Target, module_of
from unfold.compiled.minimax import FITS, coefficients
from unfold.compiled.samples import FLOATS, boundaries, errors32, errors64, everywhere

BITS = [32, 64]
EXPONENTS = [1.7, -0.3, 4.0, 5.0, -3.0, 1 / 3, 20.5, -1e-3, 1e30]
ON_EACH = pytest.mark.parametrize("target", RUN_HERE, ids=lambda target: "fma" if target.has_fma else "no fma")
EACH = pytest.mark.parametrize("name", FUNCTIONS)
# of x86 and arm64, calls in the last place too, which are jumps; a label within the function starts with a dot
CALL = re.compile(r"^\s*(call\w*|blr?|br|(jmp\w*|b)\s+[a-z*_])\b", re.MULTILINE)


def fraction(f, x, no_value):
    """In 40 digits; NaN where there is no real value, the limit where there is a pole."""
    try:
        y = f(mpmath.mpf(x))
    except ZeroDivisionError:
        return mpmath.mpf(no_value)
    return mpmath.nan if isinstance(y, mpmath.mpc) else y


EXACT = {
    "abs": abs,
    "neg": lambda x: -x,
    "sign": mpmath.sign,
    "sqrt": mpmath.sqrt,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log1p(x) if x != -1 else -mpmath.inf,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "atan": mpmath.atan,
}


def domain(name, x):
    """Where the table promises something: sin and cos below a million; NaN has a test of its own."""
    return x[np.abs(x) < 1e6] if name in ("sin", "cos") else x[~np.isnan(x)]


@cache
def samples32():
    return everywhere(32, 4_000_000)


def by_torch(name, x):
    return getattr(torch, name)(torch.from_numpy(x).double()).numpy()


@ON_EACH
@EACH
def test_float32_keeps_the_table_at_millions_of_numbers(name, target):
    x = domain(name, samples32())
    assert errors32(Compiled(FUNCTIONS[name], 32, 8, target)(x), by_torch(name, x)).max() <= ACCURACY[name].float32


@pytest.mark.slow
@EACH
def test_float32_keeps_the_table_over_all_bit_patterns(name):
    function, step = Compiled(FUNCTIONS[name], 32, 8), 1 << 22
    for start in range(0, 1 << 32, 79 * step):
        x = domain(name, np.arange(start, min(start + 79 * step, 1 << 32), 79, dtype=np.uint32).view(np.float32))
        assert errors32(function(x), by_torch(name, x)).max(initial=0) <= ACCURACY[name].float32


@ON_EACH
@EACH
def test_float64_keeps_the_table_at_thousands_of_numbers(name, target):
    x = everywhere(64, 2000)
    x = np.concatenate([x[:2000], x[2000::40], np.random.default_rng(1).uniform(-2, 2, 1000)])
    x = domain(name, x[np.isfinite(x)])
    with mpmath.workdps(40):
        truth = [fraction(EXACT[name], v, by_torch(name, np.array([v]))[0]) for v in x]
        assert errors64(Compiled(FUNCTIONS[name], 64, 4, target)(x), truth).max() <= ACCURACY[name].float64


@ON_EACH
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_keep_the_table(exponent, target):
    function = partial(power, exponent=exponent)
    x = everywhere(32, 100_000)
    as_stored = float(np.float32(exponent))
    truth = torch.pow(torch.from_numpy(x).double(), as_stored).numpy()
    assert errors32(Compiled(function, 32, 8, target)(x), truth).max() <= ACCURACY["power"].float32
    x = np.abs(everywhere(64, 1000)[:1000])
    x = x[np.isfinite(x) & (x > 0)]
    with mpmath.workdps(40):
        # beyond either end it does not matter how far
        logarithms = [max(min(exponent * mpmath.log(v), 1000), -1000) for v in map(mpmath.mpf, x)]
        truth = [mpmath.exp(v) for v in logarithms]
        assert errors64(Compiled(function, 64, 4, target)(x), truth).max() <= ACCURACY["power"].float64


@ON_EACH
def test_the_product_of_sigmoid_and_tanh_keeps_the_table(target):
    s, t = (domain("", everywhere(32, 1_000_000, seed)) for seed in (1, 2))
    s, t = s[: t.size], np.random.default_rng(0).permutation(t)[: s.size]
    y = Compiled(sigmoid_times_tanh, 32, 8, target, operands=2)(s, t)
    truth = by_torch("sigmoid", s) * by_torch("tanh", t)
    assert errors32(y, truth).max() <= ACCURACY["sigmoid_times_tanh"].float32


@pytest.mark.parametrize("bits", BITS)
@EACH
def test_special_values_are_those_of_torch(name, bits):
    x = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, -2.0, 1e-30, -1e-30], FLOATS[bits])
    y = Compiled(FUNCTIONS[name], bits, 8)(x)
    expected = getattr(torch, name)(torch.from_numpy(x)).numpy()
    np.testing.assert_array_max_ulp(y, expected, maxulp=3)
    assert (np.signbit(y) == np.signbit(expected))[~np.isnan(expected)].all()


@pytest.mark.parametrize("exponent", [*EXPONENTS, 0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("bits", BITS)
def test_special_values_of_powers_are_those_of_torch(exponent, bits):
    x = np.array([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, np.inf, -np.inf, np.nan] * 3, FLOATS[bits])
    y = Compiled(partial(power, exponent=exponent), bits, 8)(x)
    expected = torch.pow(torch.from_numpy(x), exponent).numpy()
    np.testing.assert_array_max_ulp(y, expected, maxulp=1)
    assert (np.signbit(y) == np.signbit(expected))[~np.isnan(expected)].all()


@ON_EACH
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "sign"])
def test_nan_of_every_payload_stays(name, bits, target):
    kind, fraction = (np.uint32, 23) if bits == 32 else (np.uint64, 52)
    payloads = np.random.default_rng(0).integers(1, 1 << fraction, 100_000, dtype=kind)
    exponent = ((1 << (bits - 1 - fraction)) - 1) << fraction
    x = (payloads | kind(exponent)).view(FLOATS[bits])
    assert np.isnan(Compiled(FUNCTIONS[name], bits, 8, target)(x)).all()
    assert np.isnan(Compiled(FUNCTIONS[name], bits, 8, target)(-x)).all()


@pytest.mark.parametrize("bits", BITS)
def test_nan_in_either_factor_stays_in_sigmoid_times_tanh(bits):
    s, t = (
        np.array([np.nan, 1.0, -np.inf, np.nan], FLOATS[bits]),
        np.array([1.0, np.nan, np.nan, 0.0], FLOATS[bits]),
    )
    assert np.isnan(Compiled(sigmoid_times_tanh, bits, 4, operands=2)(s, t)).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "erf", "sin", "cos"])
def test_bounded_functions_stay_within_one(name, bits):
    x = everywhere(bits, 200_000)
    y = Compiled(FUNCTIONS[name], bits, 8)(x[np.isfinite(x)])
    assert np.abs(y).max() <= 1


@pytest.mark.parametrize("bits", BITS)
@EACH
def test_every_width_gives_the_same_bits(name, bits):
    x = np.concatenate([everywhere(bits, 3000), boundaries(bits)])
    one = Compiled(FUNCTIONS[name], bits, 1)(x)
    for count in (2, 3, 4, 8, 16):
        np.testing.assert_array_equal(Compiled(FUNCTIONS[name], bits, count)(x), one)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("bits", BITS)
def test_no_target_calls_a_library(bits, target):
    functions = [*FUNCTIONS.values(), partial(power, exponent=1.7), _both]
    for function in functions:
        for count in (1, 4, 16):
            module = module_of(function, bits, count, TARGETS[target])
            assembly = TARGETS[target].machine().emit_assembly(module)
            assert "run:" in assembly
            assert not CALL.search(assembly), function


def test_a_call_of_a_library_would_be_seen():
    lacking = Target(X86, "x86-64", has_fma=True)  # it has none
    assert CALL.search(lacking.machine().emit_assembly(module_of(FUNCTIONS["exp"], 32, 4, lacking)))
    assert CALL.search(TARGETS["neon"].machine().emit_assembly(module_of(_by_library, 32, 4, TARGETS["neon"])))


def _by_library(lanes, x):
    kind = ir.FunctionType(lanes.vector, [lanes.vector])
    return lanes.builder.call(ir.Function(lanes.builder.module, kind, "llvm.exp.v4f32"), [x])


def _both(lanes, x):
    return sigmoid_times_tanh(lanes, x, x)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("count", [1, 3, 8])
def test_sum_and_largest_take_all_lanes(bits, count):
    x = np.random.default_rng(0).standard_normal(8 * count).astype(FLOATS[bits])
    by_lanes = x.reshape(-1, count)
    sums = Compiled(lambda lanes, v: lanes.splat(lanes.sum(v)), bits, count)(x).reshape(-1, count)
    largest = Compiled(lambda lanes, v: lanes.splat(lanes.largest(v)), bits, count)(x).reshape(-1, count)
    np.testing.assert_allclose(sums, by_lanes.sum(1, keepdims=True).repeat(count, 1), rtol=1e-5)
    np.testing.assert_array_equal(largest, by_lanes.max(1, keepdims=True).repeat(count, 1))


@pytest.mark.parametrize("where", range(3))
def test_one_nan_makes_the_largest_nan(where):
    x = np.array([1.0, 2.0, 3.0])
    x[where] = np.nan
    assert np.isnan(Compiled(lambda lanes, v: lanes.splat(lanes.largest(v)), 64, 3)(x)).all()


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_and_the_smaller_are_nan_where_either_is(name):
    a = np.array([1.0, 2.0, np.nan, 1.0, np.nan, np.inf, -np.inf])
    b = np.array([2.0, 1.0, 1.0, np.nan, np.nan, 1.0, 1.0])
    y = Compiled(lambda lanes, u, v: getattr(lanes, name)(u, v), 64, 4, operands=2)(a, b)
    np.testing.assert_array_equal(y, getattr(np, name)(a, b))


@pytest.mark.parametrize("relation", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparisons_are_those_of_torch(relation):
    values = np.array([1.0, 2.0, np.nan, np.inf, -0.0, 0.0])
    a, b = (grid.ravel() for grid in np.meshgrid(values, values))

    def chosen(lanes, u, v):
        return lanes.select(lanes.compare(relation, u, v), 1.0, 0.0)

    expected = getattr(torch, relation)(torch.from_numpy(a), torch.from_numpy(b)).double().numpy()
    np.testing.assert_array_equal(Compiled(chosen, 64, 4, operands=2)(a, b), expected)


@pytest.mark.parametrize("bits", BITS)
def test_a_part_of_the_lanes_touches_nothing_beyond(bits):
    def part(lanes, x):
        pointer = lanes.builder.alloca(lanes.vector)
        lanes.store(lanes.splat(7.0), pointer)
        lanes.store_part(x, pointer, 3)
        whole = lanes.load(pointer)
        return lanes.add(lanes.mul(whole, 10.0), lanes.load_part(pointer, 2))

    y = Compiled(part, bits, 4)(np.array([1.0, 2.0, 3.0, 4.0], FLOATS[bits]))
    np.testing.assert_array_equal(y, [11, 22, 30, 70])


def test_a_scalar_of_the_code_fills_every_lane():
    def first_in_all(lanes, x):
        return lanes.splat(lanes.builder.extract_element(x, ir.Constant(ir.IntType(32), 0)))

    np.testing.assert_array_equal(Compiled(first_in_all, 32, 4)(np.arange(8, dtype=np.float32)), [0] * 4 + [4] * 4)


@pytest.mark.parametrize("name", FITS)
def test_the_coefficients_are_those_that_remez_finds(name):
    assert COEFFICIENTS[name] == {bits: coefficients(name, bits) for bits in FITS[name]}


def test_the_table_names_every_function():
    assert set(ACCURACY) == {*FUNCTIONS, "power", "sigmoid_times_tanh"}
    assert HOST in RUN_HERE
