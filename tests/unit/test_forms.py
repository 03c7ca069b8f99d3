"""Forms of steps: a field for every parameter; what is typed comes through or is told."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field as Bounded
from pydantic import ValidationError, field_validator, model_validator
from werkzeug.datastructures import MultiDict

from gondwana.steps.contract import Step, StepParameters, Table, parameter
from gondwana.steps.registry import STEPS
from gondwana.web.forms import Form, fields_of, filled, numbers, read_form, rearranged
from gondwana.web.forms.cells import Cell
from gondwana.web.forms.fields import Field


class Wind(Enum):
    EAST = "east"
    WEST = "from the west"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class MadeUpParameters(StepParameters):
    """Every type that a parameter may have."""

    switch: bool = parameter(True, title="Switch", about="On or off.")
    maybe: bool | None = parameter(None, title="Maybe", about="On, off or open.")
    choice: Literal["a", "b c"] = parameter("a", title="Choice", about="One of two.")
    maybe_choice: Literal["a", "b"] | None = parameter(None, title="Maybe", about="One or none.")
    wind: Wind = parameter(Wind.EAST, title="Wind", about="From where.")
    level: Level = parameter(Level.LOW, title="Level", about="How much.")
    number: float = parameter(1.5, title="Number", about="Any.", unit="m", ge=-10.0, lt=1e20)
    maybe_number: float | None = parameter(None, title="Maybe", about="Any or none.", gt=0.0)
    count: int = parameter(3, title="Count", about="Whole.", unit="cells", ge=0)
    maybe_count: int | None = parameter(None, title="Maybe", about="Whole or none.")
    text: str = parameter("hello", title="Text", about="Any.", max_length=20)
    maybe_text: str | None = parameter(None, title="Maybe", about="Any or none.")
    grid: Annotated[float, Bounded(gt=0.0, le=10.0)] | Literal["native", "1deg"] = parameter(
        "native", title="Grid", about="A number or a word.", unit="degrees"
    )
    depths: tuple[float, ...] = parameter((1.0, 2.5), title="Depths", about="Numbers.", unit="m")
    names: tuple[str, ...] = parameter((), title="Names", about="Texts.")
    classes: list[int] | None = parameter(None, title="Classes", about="Whole numbers.")
    colours: frozenset[Literal["red", "blue"]] = parameter(
        frozenset(), title="Colours", about="Some."
    )
    box: tuple[float, float, float, float] = parameter(
        (0.0, 1.0, 2.0, 3.0),
        title="Box",
        about="Four numbers.",
        table=Table(("West", "South", "East", "North")),
    )
    maybe_box: tuple[float, float] | None = parameter(None, title="Maybe", about="Two or none.")
    rows: tuple[tuple[int, Wind, bool, float | None], ...] = parameter(
        (), title="Rows", about="Of all sorts.", max_length=3
    )
    shares: dict[int, tuple[float, float]] = parameter(
        {1: (40.0, 60.0)},
        title="Shares",
        about="By code.",
        table=Table(("Code", "Left", "Right"), total=100.0),
    )
    factors: dict[str, float] | None = parameter(None, title="Factors", about="By name.")
    shapes: tuple[Annotated[tuple[tuple[float, float], ...], Bounded(min_length=1)], ...] = (
        parameter((), title="Shapes", about="Groups of points.")
    )
    ragged: tuple[tuple[float, ...], ...] = parameter((), title="Ragged", about="What is left.")

    @field_validator("names")
    @classmethod
    def _no_nonsense(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if "nonsense" in names:
            raise ValueError("Nonsense is no name")
        return names

    @model_validator(mode="after")
    def _not_together(self) -> MadeUpParameters:
        if self.count == 13 and self.level is Level.HIGH:
            raise ValueError("13 is too many on a high level")
        return self


class AskingParameters(StepParameters):
    """Without defaults."""

    days: float = parameter(..., title="Days", about="How many.", unit="d")
    name: str = parameter(..., title="Name", about="Of it.")


def made(model: type[StepParameters]) -> Step:
    return Step("made_up", 1, "Made up", "For tests.", ("source",), ("nothing",), model)


MADE_UP, ASKING = made(MadeUpParameters), made(AskingParameters)
BY_NAME = {field.name: field for field in fields_of(MADE_UP)}


def posted(form: Form, **changes: Any) -> MultiDict[str, str]:
    """Return what a browser sends of a form, with some inputs changed."""
    pairs: list[tuple[str, str]] = []
    for entry in form.entries:
        field = entry.field
        if field.kind == "table":
            pairs += [
                (f"{field.input_name}-{column}", text)
                for row in entry.typed.rows
                for column, text in enumerate(row)
            ]
        elif field.kind == "input" and field.cell == Cell("yes/no"):
            pairs += [(field.input_name, "yes")] if entry.typed.text == "yes" else []
        else:
            pairs.append((field.input_name, entry.typed.text.replace("\n", "\r\n")))
    data = MultiDict(pairs)
    for name, value in changes.items():
        field = BY_NAME.get(name)
        if field is not None and field.kind == "table":
            for column in range(len(field.columns)):
                data.setlist(f"p-{name}-{column}", [row[column] for row in value])
        else:
            data.setlist(f"p-{name}", [value])
    return data


def told(step: Step, **changes: Any) -> list[tuple[str, int | None, int | None, str]]:
    """Post the defaults with changes, and return what is wrong."""
    reading = read_form(step, posted(filled(step, {}), **changes))
    assert (reading.values is None) == bool(reading.form.problems)
    return [(*one.place, one.message) for one in reading.form.problems]


@pytest.mark.parametrize("step", [*STEPS.values(), MADE_UP, ASKING], ids=lambda step: step.title)
def test_every_parameter_has_a_fitting_field(step: Step) -> None:
    fields = fields_of(step)
    assert [field.name for field in fields] == list(step.parameters.model_fields)
    for field in fields:
        declared = step.parameters.model_fields[field.name]
        assert (field.title, field.about) == (declared.title, declared.description)
        assert field.default_text
        assert field.kind != "json" or field.name == "ragged"
        if field.kind == "table":
            assert all(str(column.name) for column in field.columns)
    assert len({field.input_name for field in fields}) == len(fields)


def test_kinds_follow_from_types() -> None:
    def kind(name: str) -> tuple[Any, ...]:
        field = BY_NAME[name]
        if field.cell is not None:
            return (field.kind, field.cell.kind, field.optional)
        return (field.kind, field.layout, len(field.columns))

    assert kind("switch") == ("input", "yes/no", False)
    assert kind("maybe") == ("input", "yes/no", True)
    assert kind("wind") == ("input", "choice", False)
    assert kind("maybe_number") == ("input", "number", True)
    assert kind("count") == ("input", "integer", False)
    assert kind("grid") == ("input", "number", False)
    assert BY_NAME["grid"].cell == Cell(
        "number", choices=("native", "1deg"), above=0.0, at_most=10.0
    )
    assert kind("depths") == ("list", "number", False)
    assert kind("colours") == ("list", "choice", False)
    assert kind("box") == ("table", "one row", 4)
    assert kind("rows") == ("table", "rows", 4)
    assert kind("shares") == ("table", "keyed", 3)
    assert kind("factors") == ("table", "keyed", 2)
    assert kind("shapes") == ("table", "grouped", 3)
    assert kind("ragged") == ("json", "rows", 0)
    pft = {field.name: field for field in fields_of(STEPS["pft"])}
    assert [str(column.name) for column in pft["bands"].columns[:3]] == [
        "Up to latitude", "1 bare soil", "2 tropical broadleaf evergreen",
    ]  # fmt: skip
    assert (len(pft["bands"].columns), pft["bands"].total) == (14, 100.0)
    assert (pft["biomes"].layout, pft["southern_bands"].optional) == ("keyed", True)


def test_fields_tell_bounds_and_defaults() -> None:
    assert BY_NAME["number"].range == "at least -10, below 1e+20 m"
    assert BY_NAME["grid"].range == "above 0, at most 10 degrees"
    assert [BY_NAME[name].default_text for name in ("switch", "maybe", "number", "names")] == [
        "yes", "not set", "1.5", "empty",
    ]  # fmt: skip
    assert [BY_NAME[name].default_text for name in ("rows", "shares", "box", "depths")] == [
        "0 rows", "1 row", "[0.0, 1.0, 2.0, 3.0]", "[1.0, 2.5]",
    ]  # fmt: skip
    assert fields_of(ASKING)[0].default_text == "has to be given"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", 1.0), (" 1.5 ", 1.5), ("-2.", -2.0), (".5", 0.5), ("+3e-2", 0.03), ("−7", -7.0),
        ("1 000", 1000.0), ("1\u202f234\u202f567,25", 1234567.25), ("1\u00a0000.5", 1000.5),
        ("1,5", 1.5), ("-0,125", -0.125), ("12,25", 12.25), ("1000,125", 1000.125), (",5", 0.5),
        ("1,234.5", 1234.5), ("1,234,567", 1234567.0),
    ],
)  # fmt: skip
def test_numbers_are_understood_where_there_is_one_way_to_read_them(
    typed: str, value: float
) -> None:
    assert numbers.number(typed) == value


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1,500", "can be read as 1.500 or as 1500; write a point"),
        ("", "is empty"), ("ten", "is not a number"), ("1 00", "is not a number"),
        ("1_000", "is not a number"), ("nan", "is not a number"), ("inf", "is not a number"),
        ("0x10", "is not a number"), ("١٢", "is not a number"), ("1.234,5", "is not a number"),
        ("1e999", "is too large"), ("9" * 5000, "is too long"), ("1 m", "is not a number"),
        ("__import__('os')", "is not a number"), ("1;2", "is not a number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        numbers.number(typed)


def test_whole_numbers() -> None:
    assert [numbers.integer(text) for text in ("7", "-3", "1 000", "2.0", "1e3")] == [
        7, -3, 1000, 2, 1000,
    ]  # fmt: skip
    assert numbers.integer("9" * 30) == int("9" * 30)
    for text in ("1.5", "1,5"):
        with pytest.raises(ValueError, match="not a whole number"):
            numbers.integer(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_as_itself(value: float) -> None:
    assert numbers.number(numbers.written(value)) == value


def test_written_numbers_are_plain() -> None:
    assert [numbers.written(value) for value in (1000000.0, 0.1, -78.0, 3, 1e300)] == [
        "1000000", "0.1", "-78", "3", "1e+300",
    ]  # fmt: skip


def cells(cell: Cell) -> st.SearchStrategy[Any]:
    """Return values that an input can hold."""
    low = cell.at_least if cell.at_least is not None else cell.above
    high = cell.at_most if cell.at_most is not None else cell.below
    lines = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
    values: st.SearchStrategy[Any] = {
        "yes/no": st.booleans(),
        "choice": st.sampled_from(cell.choices or ("",)),
        "number": st.floats(
            low, high,
            exclude_min=cell.above is not None and cell.at_least is None,
            exclude_max=cell.below is not None and cell.at_most is None,
            allow_nan=False, allow_infinity=False,
        ),
        "integer": st.integers(
            None if low is None else int(low), None if high is None else int(high)
        ),
        "text": lines.map(lambda text: text[: cell.longest or 50]),
    }[cell.kind]  # fmt: skip
    if cell.kind == "number" and cell.choices:
        values |= st.sampled_from(cell.choices)
    return values | st.none() if cell.optional else values


def rows_of(field: Field) -> st.SearchStrategy[Any]:
    """Return rows that a table can hold; those that have to sum to something do."""
    columns = [cells(column.cell) for column in field.columns]
    first = 1 if field.layout in ("keyed", "grouped") else 0
    row: st.SearchStrategy[Any] = st.tuples(*columns[first:])
    if field.total is not None:
        count = len(columns) - 1
        even = [field.total] + [0.0] * (count - 1)
        row = st.permutations(even)
        if field.layout == "rows":
            row = st.tuples(st.just(field.rises_to), row).map(lambda two: (two[0], *two[1]))
    if field.layout == "one row":
        return row
    if field.layout == "keyed":
        value = row.map(lambda one: one[0]) if len(columns) == 2 else row
        return st.dictionaries(columns[0].map(str), value, min_size=1, max_size=3)
    if field.layout == "grouped":
        return st.lists(st.lists(row, min_size=3, max_size=4), max_size=3)
    return st.lists(row, min_size=1, max_size=1 if field.rises_to is not None else 3)


def values_of(step: Step) -> st.SearchStrategy[dict[str, Any]]:
    """Return values of all parameters, most of which the model accepts."""

    def of(field: Field) -> st.SearchStrategy[Any]:
        found: st.SearchStrategy[Any]
        if field.kind == "table":
            found = rows_of(field)
        elif field.kind == "json":
            found = st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
        elif field.kind == "list":
            least = 1 if field.optional else 0
            unique = field.name == "colours"
            found = st.lists(cells(field.cell or Cell("text")), min_size=least, unique=unique)
        else:
            found = cells(field.cell or Cell("text"))
        return found | st.none() if field.optional else found

    return st.fixed_dictionaries({field.name: of(field) for field in fields_of(step)})


@pytest.mark.parametrize("step", [*STEPS.values(), MADE_UP, ASKING], ids=lambda step: step.title)
@given(data=st.data())
def test_what_a_form_shows_comes_back_as_it_was(step: Step, data: st.DataObject) -> None:
    try:
        model = step.parameters.model_validate(data.draw(values_of(step)))
    except ValidationError:
        return  # the made-up rules
    values = model.model_dump(mode="json")
    reading = read_form(step, posted(filled(step, values)))
    assert reading.form.problems == ()
    assert reading.values is not None
    assert step.parameters.model_validate(reading.values) == model
    again = filled(step, reading.values)
    for before, after in zip(reading.form.entries, again.entries, strict=True):
        assert before.typed == after.typed or before.field.name == "colours"  # a set has no order


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ["<script>", "1e999", "\x00", "[[[[", '{"a": NaN}', "9" * 400, "-", "1,500", "\ud800"]
)


@given(
    st.dictionaries(
        st.sampled_from(
            [f"p-{name}" for name in BY_NAME]
            + [
                f"p-{field.name}-{column}"
                for field in BY_NAME.values()
                for column in range(len(field.columns))
            ]
        )
        | st.text(max_size=5),
        st.lists(HOSTILE, max_size=3),
    )
)
def test_whatever_is_posted_is_read_or_told_and_shown_again(
    sent: dict[str, list[str]],
) -> None:
    data = MultiDict([(name, text) for name, texts in sent.items() for text in texts])
    reading = read_form(MADE_UP, data)
    assert (reading.values is None) == bool(reading.form.problems)
    for entry in reading.form.entries:
        field = entry.field
        if field.kind == "table":
            for column in range(len(field.columns)):
                typed = data.getlist(f"p-{field.name}-{column}")
                assert [row[column] for row in entry.typed.rows][: len(typed)] == typed
        elif f"p-{field.name}" in data:
            given_ = data[f"p-{field.name}"]
            assert entry.typed.text == given_.replace("\r\n", "\n") or entry.typed.text == "no"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"number": "-11"}, ("number", None, None, "has to be at least -10, below 1")),
        ({"number": "deep"}, ("number", None, None, "“deep” is not a number")),
        ({"number": ""}, ("number", None, None, "is empty; the default is 1.5")),
        ({"number": "1,500"}, ("number", None, None, "“1,500” can be read as 1.500 or as 1500")),
        ({"count": "2.5"}, ("count", None, None, "“2.5” is not a whole number")),
        ({"count": "-1"}, ("count", None, None, "has to be at least 0 cells")),
        ({"choice": "z"}, ("choice", None, None, "“z” is not among the choices: a, b c")),
        ({"switch": "perhaps"}, ("switch", None, None, "“perhaps” is neither yes nor no")),
        ({"text": "x" * 21}, ("text", None, None, "is longer than 20 characters")),
        ({"text": "a\x00b"}, ("text", None, None, "“a\x00b” holds a character that cannot")),
        ({"grid": "2deg"}, ("grid", None, None, "“2deg” is not a number or one of native, 1deg")),
        ({"grid": "11"}, ("grid", None, None, "has to be above 0, at most 10 degrees")),
        ({"depths": "1\n\ntwo"}, ("depths", None, None, "line 3: “two” is not a number")),
        ({"names": "a\nnonsense"}, ("names", None, None, "cannot be used: nonsense is no name")),
        ({"ragged": "[[1,"}, ("ragged", None, None, "is not JSON")),
        ({"ragged": "[[NaN]]"}, ("ragged", None, None, "is not JSON: NaN is not a number")),
        ({"ragged": "[" * 100_000}, ("ragged", None, None, "has too many brackets")),
        ({"box": [["0", "1", "x", "3"]]}, ("box", 0, 2, "East: “x” is not a number")),
        ({"box": [["", "", "", ""]]}, ("box", None, None, "has to be given")),
        ({"box": [["1"] * 4, ["2"] * 4]}, ("box", 1, None, "there can be only one row")),
        ({"rows": [["1", "east", "yes", ""]] * 4}, ("rows", None, None, "has more than 3 rows")),
        ({"rows": [["1", "south", "yes", ""]]}, ("rows", 0, 1, "2: “south” is not among")),
        ({"shares": [["1", "60", "30"]]}, ("shares", 0, None, "sums to 90, not 100")),
        (
            {"shares": [["1", "60", "40"], ["", "", ""], ["1", "50", "50"]]},
            ("shares", 2, 0, "Code: “1” stands in row 1 already"),
        ),
        ({"shares": [["one", "60", "40"]]}, ("shares", 0, 0, "Code: “one” is not a number")),
        ({"shapes": [["0", "1", "2"]]}, ("shapes", 0, 0, "Group: has to be at least 1")),
        ({"count": "13", "level": "2"}, ("", None, None, "cannot be used: 13 is too many")),
    ],
)
def test_what_is_wrong_is_told_where_it_is(
    changes: dict[str, Any], problem: tuple[str, int | None, int | None, str]
) -> None:
    (found,) = told(MADE_UP, **changes)
    assert found[:3] == problem[:3]
    assert found[3].startswith(problem[3])
    assert "\n" not in found[3]


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_form() -> None:
    found = told(
        MADE_UP, count="x", number="-11", depths="a\nb", shares=[["1", "x", "y"], ["2", "1", "1"]]
    )
    assert [(name, row, column) for name, row, column, _message in found] == [
        ("number", None, None), ("count", None, None), ("depths", None, None),
        ("depths", None, None), ("shares", 0, 1), ("shares", 0, 2), ("shares", 1, None),
    ]  # fmt: skip


def test_what_has_no_default_has_to_be_given() -> None:
    assert told(ASKING) == [
        ("days", None, None, "has to be given"), ("name", None, None, "has to be given"),
    ]  # fmt: skip
    reading = read_form(ASKING, MultiDict({"p-days": "2", "p-name": "x"}))
    assert reading.values == {"days": 2.0, "name": "x"}


def bands(*rows: str) -> MultiDict[str, str]:
    """Post the bands of the PFT table, each as its limit and where 100 % stand."""
    data: MultiDict[str, str] = MultiDict()
    for row in rows:
        limit, _space, column = row.partition(" ")
        data.add("p-bands-0", limit)
        for number in range(1, 14):
            data.add(f"p-bands-{number}", "100" if str(number) == column else "0")
    return data


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (("30 2", "30 3", "90 1"), (1, 0, "Up to latitude: has to be above 30")),
        (("30 2", "80 1"), (1, 0, "Up to latitude: the last row has to end at 90")),
        (("0 2", "90 1"), (0, 0, "Up to latitude: has to be above 0")),
        (("30 2", "90 99"), (1, None, "sums to 0, not 100")),
        (("30 2", "x 1"), (1, 0, "Up to latitude: “x” is not a number")),
    ],
)
def test_bands_rise_to_the_pole_and_sum_to_100(
    rows: tuple[str, ...], problem: tuple[int, int | None, str]
) -> None:
    (found,) = read_form(STEPS["pft"], bands(*rows)).form.problems
    assert (found.row, found.column, found.message) == problem
    assert found.target == f"p-bands-{problem[0]}-{problem[1] or 0}"


def test_empty_rows_are_left_out_and_an_empty_optional_table_is_not_set() -> None:
    data = bands("30 2", "90 1")
    for number in range(14):
        data.setlist(f"p-bands-{number}", ["", *data.getlist(f"p-bands-{number}"), " "])
    reading = read_form(STEPS["pft"], data)
    assert reading.values is not None
    assert [row[0] for row in reading.values["bands"]] == [30.0, 90.0]
    assert reading.values["southern_bands"] is None
    assert reading.values["biomes"] is None


def test_groups_are_rows_with_the_same_number() -> None:
    rows = [["2", "1", "1"], ["1", "5", "5"], ["2", "2", "2"]]
    reading = read_form(MADE_UP, posted(filled(MADE_UP, {}), shapes=rows))
    assert reading.values is not None
    assert reading.values["shapes"] == [[[5.0, 5.0]], [[1.0, 1.0], [2.0, 2.0]]]
    few = {"p-atlantic-0": ["1", "1"], "p-atlantic-1": ["0", "4"], "p-atlantic-2": ["0", "0"]}
    data = MultiDict([(name, text) for name, texts in few.items() for text in texts])
    (problem,) = read_form(STEPS["sub_basins"], data).form.problems
    assert (problem.place, problem.message) == (("atlantic", 0, None), "needs at least 3 rows")
    data.setlist("p-atlantic-1", ["0", "400"])
    (problem,) = read_form(STEPS["sub_basins"], data).form.problems
    assert problem.place == ("atlantic", 1, 1)
    assert problem.message == "Longitude: has to be from -360 to 360"


def test_what_differs_from_the_default_and_from_the_last_run_is_marked() -> None:
    form = filled(MADE_UP, {"number": 2, "count": 3}, last={"number": 5.0, "count": 3, "rows": []})
    marked = {entry.field.name: entry for entry in form.entries}
    assert (marked["number"].is_default, marked["number"].last) == (False, "5")
    assert (marked["count"].is_default, marked["count"].last) == (True, None)
    assert form.has_changes
    assert not filled(MADE_UP, {}).has_changes
    wrong = read_form(MADE_UP, posted(filled(MADE_UP, {}), number="x")).form
    assert [entry.field.name for entry in wrong.entries if not entry.is_default] == ["number"]
    rows = filled(MADE_UP, {}, last={"shares": {"1": [50.0, 50.0]}}).entries
    assert [e.last for e in rows if e.last] == ["1 row, with other values"]
    read = read_form(MADE_UP, posted(form, number="1,5")).form
    assert not read.has_changes  # told differently, and the same


@pytest.mark.parametrize(
    ("deed", "rows"),
    [
        ("add:shares", [["1", "x", ""], ["", "", ""], ["2", "1", "1"], ["", "", ""]]),
        ("remove:shares:1", [["1", "x", ""], ["2", "1", "1"]]),
        ("remove:shares:77", [["1", "x", ""], ["", "", ""], ["2", "1", "1"]]),
        ("default:shares", [["1", "40", "60"]]),
        ("defaults", [["1", "40", "60"]]),
    ],
)
def test_buttons_in_a_form_change_rows_and_keep_all_that_was_typed(
    deed: str, rows: list[list[str]]
) -> None:
    typed = posted(
        filled(MADE_UP, {}), shares=[["1", "x", ""], ["", "", ""], ["2", "1", "1"]], number="deep"
    )
    form = rearranged(MADE_UP, typed, deed)
    assert form is not None
    found = {entry.field.name: entry for entry in form.entries}
    assert [list(row) for row in found["shares"].typed.rows] == rows
    assert found["number"].typed.text == ("1.5" if deed == "defaults" else "deep")
    assert form.problems == ()


@pytest.mark.parametrize("deed", ["", "add:nonsense", "add:box", "add:number", "explode:rows"])
def test_unknown_buttons_do_nothing(deed: str) -> None:
    assert rearranged(MADE_UP, MultiDict(), deed) is None
