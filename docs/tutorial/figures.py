"""Draw the figures of the tutorial: `python docs/tutorial/figures.py`, with matplotlib installed.

Three are boxes and arrows alone; the others hold the numbers that the pages compute.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "figures")]

from drawing import FAINT, INK, INPUT, LOW, OUTPUT, PALE, QUIET, STATE, Sheet, mix, save  # noqa: E402
from notebooks import PAGES, run  # noqa: E402


def folded_and_unfolded() -> Sheet:
    """One box, and the same at three times."""
    sheet = Sheet(860, 330)
    sheet.text(130, 32, "folded", size=17, bold=True)
    sheet.text(565, 32, "unfolded through time", size=17, bold=True)
    sheet.path([(130, 118), (218, 118), (218, 175), (190, 175)], STATE)
    sheet.text(226, 146, "Wy", size=15, colour=STATE, at="left")
    _instance(sheet, 130, "X(t)", "Y(t)")
    sheet.arrow((270, 175), (326, 175), FAINT, wide=5, head=16)
    for x, t, following in ((420, "t−1", "t"), (580, "t", "t+1"), (740, "t+1", None)):
        _instance(sheet, x, f"X({t})", f"Y({t})", wide=100)
        if following:
            sheet.arrow((x + 50, 175), (x + 110, 175), STATE, wide=2.4)
            sheet.text(x + 80, 157, "Wy", size=14, colour=STATE)
    for x, ends in ((353, ((345, 175), (370, 175))), (815, ((790, 175), (830, 175)))):
        sheet.arrow(*ends, STATE, dashed=True)
        sheet.text(x, 157, "…", size=14, colour=STATE)
    return sheet


def _instance(sheet: Sheet, x: float, input: str, output: str, *, wide: float = 120) -> None:
    sheet.arrow((x, 265), (x, 207), INPUT, wide=2.4)
    sheet.text(x, 286, input, size=17, colour=INPUT, bold=True)
    sheet.text(x + 8, 237, "Wx", size=14, colour=INPUT, at="left")
    sheet.arrow((x, 145), (x, 90), OUTPUT, wide=2.4)
    sheet.text(x, 72, output, size=17, colour=OUTPUT, bold=True)
    sheet.box(x, 175, wide, 60)
    sheet.text(x, 175, "neurons", size=15, colour=STATE)


def inside_the_boxes(page: dict[str, Any]) -> Sheet:
    """The arithmetic of two steps of one neuron, with its numbers."""
    torch, X0, X1 = page["torch"], page["X0"], page["X1"]
    torch.manual_seed(0)
    Wx, Wy = torch.randn(4, 1), torch.randn(1, 1)
    a0 = X0[0] @ Wx
    Y0 = torch.tanh(a0)
    of_input, of_past = X1[0] @ Wx, Y0 @ Wy
    Y1 = torch.tanh(of_input + of_past)

    def number(value: Any) -> str:
        return f"{value.item():.4f}".replace("-", "−")

    sheet = Sheet(860, 360)
    for x, name, row, result in ((220, "0", X0[0], Y0), (630, "1", X1[0], Y1)):
        sheet.arrow((x, 300), (x, 264), INPUT, wide=2.4)
        sheet.text(
            x, 320, f"X{name} = [{'  '.join(f'{one:.1f}' for one in row.tolist())}]", size=16, colour=INPUT, bold=True
        )
        sheet.arrow((x, 100), (x, 66), OUTPUT, wide=2.4)
        sheet.text(x, 46, f"Y{name} = {number(result)}", size=16, colour=OUTPUT, bold=True)
        sheet.box(x, 182, 240, 160)
    for x, lines in (
        (220, [("X0·Wx", number(a0), INPUT), ("+ b", "0.0000", QUIET), ("sum", number(a0), INK)]),
        (630, [("X1·Wx", number(of_input), INPUT), ("+ Y0·Wy", number(of_past), STATE), ("+ b", "0.0000", QUIET),
               ("sum", number(of_input + of_past), INK)]),
    ):  # fmt: skip
        top = 234 - 27 * (len(lines) - 1)
        for at, (name, value, colour) in enumerate(reversed(lines)):
            y = top + 27 * at
            sheet.text(x - 90, y, name, size=15, colour=colour, at="left")
            sheet.text(x + 90, y, value, size=15, colour=colour, at="right")
        sheet.path([(x - 90, top + 14), (x + 90, top + 14)], FAINT, wide=1.2, head=False)
        sheet.text(x, 122, "tanh of the sum", size=14, colour=OUTPUT)
    sheet.arrow((340, 182), (510, 182), STATE, wide=2.4)
    sheet.text(425, 163, "Y0, handed on", size=14, colour=STATE)
    return sheet


def lengths() -> Sheet:
    """Three sequences of unequal length in one block."""
    sheet = Sheet(640, 230)
    for t in range(6):
        sheet.text(205 + 62 * t, 38, f"time {t}", size=13, colour=QUIET)
    for row, length in enumerate((6, 4, 2)):
        y = 58 + 50 * row
        sheet.text(160, y + 19, f"example {row}", size=14, at="right")
        for t in range(6):
            inside = t < length
            sheet.cell(178 + 62 * t, y, 54, 38, PALE[INPUT] if inside else "#ffffff", INPUT if inside else FAINT)
            if inside:
                sheet.text(205 + 62 * t, y + 19, "4 numbers", size=9.5, colour=INPUT)
        sheet.text(590, y + 19, f"{length}", size=15, colour=INPUT, bold=True)
    sheet.text(590, 38, "lengths", size=13, colour=QUIET)
    sheet.text(376, 214, "the empty places only fill the block; they are never read", size=13, colour=QUIET)
    return sheet


def time_against_space() -> Sheet:
    """A chain of boxes above, windows below."""
    sheet = Sheet(860, 460)
    places = [270 + 110 * t for t in range(5)]
    sheet.text(30, 105, "in time", size=17, bold=True, at="left")
    sheet.text(30, 130, "recurrent", size=14, colour=QUIET, at="left")
    for t, x in enumerate(places):
        sheet.arrow((x, 170), (x, 134), INPUT)
        sheet.text(x, 186, f"X{t}", size=15, colour=INPUT, bold=True)
        sheet.arrow((x, 88), (x, 54), OUTPUT)
        sheet.text(x, 38, f"Y{t}", size=15, colour=OUTPUT, bold=True)
        sheet.box(x, 111, 60, 42)
        if t < 4:
            sheet.arrow((x + 30, 111), (x + 80, 111), STATE, wide=2.4)
    sheet.path([(24, 214), (836, 214)], FAINT, wide=1.0, head=False)
    sheet.text(30, 330, "in space", size=17, bold=True, at="left")
    sheet.text(30, 355, "convolutional", size=14, colour=QUIET, at="left")
    inputs, first, second = 420, 345, 275
    seen = {second: {2}, first: {1, 2, 3}}
    for low, high in ((inputs, first), (first, second)):
        for t, x in enumerate(places):
            for side in (-1, 0, 1):
                if 0 <= t + side < 5:
                    strong = t in seen[high]
                    ends = [(x + 110 * side, low - 12), (x, high + 13)]
                    sheet.path(ends, QUIET if strong else FAINT, wide=1.8 if strong else 1.0, head=False)
    for t, x in enumerate(places):
        for y in (first, second):
            sheet.box(x, y, 40, 26, STATE)
        sheet.text(x, inputs + 4, f"X{t}", size=15, colour=INPUT, bold=True)
        sheet.arrow((x, second - 13), (x, second - 30), OUTPUT, wide=1.6)
        sheet.text(x, second - 42, f"Y{t}", size=15, colour=OUTPUT, bold=True)
    return sheet


def digit_by_rows(page: dict[str, Any]) -> Sheet:
    """One image through the network of the page, and what it thinks after each row."""
    torch, model, unseen, truth = page["torch"], page["model"], page["unseen"], page["truth"]
    with torch.no_grad():
        sure = model.head(model.layer(unseen)[0]).softmax(dim=2)
    chosen = next(i for i in range(len(truth)) if truth[i] == 3 and sure[7, i].argmax() == 3 and sure[7, i].max() > 0.9)
    image, thought = unseen[:, chosen], sure[:, chosen]
    sheet = Sheet(980, 420)
    for row in range(8):
        _pixels(sheet, image[row].tolist(), 28, 262 + 16 * row, 16, 16)
    sheet.text(92, 248, "the image", size=13, colour=QUIET)
    for t in range(8):
        x = 232 + 96 * t
        _pixels(sheet, image[t].tolist(), x - 36, 318, 9, 14)
        sheet.text(x, 350, f"row {t + 1}", size=13, colour=INPUT)
        sheet.arrow((x, 314), (x, 278), INPUT)
        sheet.box(x, 256, 54, 44)
        sheet.arrow((x, 234), (x, 204), OUTPUT)
        if t < 7:
            sheet.arrow((x + 27, 256), (x + 69, 256), STATE, wide=2.4)
        best = int(thought[t].argmax())
        for digit in range(10):
            height = 100 * float(thought[t, digit])
            sheet.cell(
                x - 38 + 7.6 * digit, 180 - height, 6.6, max(height, 1), OUTPUT if digit == best else mix(OUTPUT, 0.4)
            )
            if digit in (0, best, 9):
                sheet.text(x - 34.7 + 7.6 * digit, 190, str(digit), size=10, colour=INK if digit == best else QUIET)
        sheet.text(x, 54, f"{best}?" if t < 7 else f"{best}", size=19, colour=OUTPUT, bold=True)
    sheet.text(92, 54, "its answer", size=13, colour=QUIET)
    sheet.text(92, 134, "how sure it is", size=13, colour=QUIET)
    sheet.text(92, 150, "of each digit", size=13, colour=QUIET)
    sheet.text(
        568, 390, "the state is handed from box to box: all that it knows of the rows above", size=14, colour=STATE
    )
    return sheet


def _pixels(sheet: Sheet, row: list[float], x: float, y: float, width: float, height: float) -> None:
    sheet.cell(x, y, 8 * width, height, "#ffffff", FAINT)
    for column, grey in enumerate(row):
        if grey:
            sheet.cell(x + width * column, y, width, height, mix(INPUT, grey, "#ffffff"), FAINT)


def forgetting(page: dict[str, Any]) -> Any:
    """How the gradient fades, and a unit that keeps the number."""
    from matplotlib.figure import Figure

    flows, states, x, best = page["flows"], page["states"], page["x"], page["best"]
    with matplotlib.rc_context({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(8, 6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        for name, colour, dash in (("LSTM", STATE, "-"), ("simple network", LOW, "--")):
            above.semilogy(
                flows[name].where(flows[name] > 0, float("nan")), color=colour, linestyle=dash, lw=2.2, label=name
            )
        above.set_title(
            "gradient of the loss, as a share of its largest value, before the first lesson", loc="left", size=11
        )
        above.annotate("the bell", (0, float(flows["simple network"][0])), (2.0, 1e-7), arrowprops={"arrowstyle": "->"})
        above.legend(frameon=False, loc="lower right")
        for row in range(12):
            one = float(x[0, row, 0]) > 0
            below.plot(states[:, row, best], color=STATE if one else LOW, linestyle="-" if one else "--", lw=1.4)
        below.plot([], [], color=STATE, label="the number was 1")
        below.plot([], [], color=LOW, linestyle="--", label="the number was −1")
        below.axhline(0, color=FAINT, lw=1, zorder=0)
        below.set_title("one unit of the LSTM after its lessons, in twelve runs", loc="left", size=11)
        below.legend(frameon=False, loc="lower left")
        below.set_xlabel("time step")
    return figure


def main() -> None:
    matplotlib.use("Agg")
    pages: dict[int, dict[str, Any]] = {}

    def page(number: int) -> dict[str, Any]:
        if number not in pages:
            pages[number], _ = run(PAGES[number - 1])
        return pages[number]

    drawings: dict[str, Callable[[], Any]] = {
        "folded-and-unfolded": folded_and_unfolded,
        "inside-the-boxes": lambda: inside_the_boxes(page(2)),
        "lengths": lengths,
        "time-against-space": time_against_space,
        "digit-by-rows": lambda: digit_by_rows(page(5)),
        "forget-gates": lambda: page(6)["gates"],
        "forgetting": lambda: forgetting(page(6)),
    }
    for name in sys.argv[1:] or drawings:
        drawn = drawings[name]()
        file = HERE / "figures" / f"{name}.svg"
        drawn.save(file) if isinstance(drawn, Sheet) else save(drawn, file)


if __name__ == "__main__":
    main()
