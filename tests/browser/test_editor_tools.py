"""Every tool of the map editors by mouse and keyboard, and what it leaves in the files."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from playwright.sync_api import Page, expect

from browser_visits import COLD, Visit, new_name, register, run_everything, upload
from editor_page import Editor, new_project, write_ten_seas
from gondwana.science.grid_seams import detect_topology


@pytest.fixture
def seas(visit: Visit, tmp_path: Path) -> Editor:
    """Open the editor on a planet with ten internal oceans, 180 x 360 cells."""
    page = visit()
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "Tools")
    return Editor(page, f"{project}/edit/internal_oceans")


def cells(count: int) -> re.Pattern[str]:
    """Match a number of cells as the page tells it."""
    return re.compile(r"^" + rf"{count:,}".replace(",", r"\s") + " cells? ")


def typed(editor: Editor, west: float, east: float, south: float, north: float) -> None:
    """Select a box by its typed sides."""
    for name, value in (("west", west), ("east", east), ("south", south), ("north", north)):
        editor.find(f"#{name}").fill(f"{value:g}")
    editor.frame.get_by_role("button", name="Select the box").click()


def fetch(page: Page, project: str, kind: str) -> xr.Dataset:
    """Return a file as it is now."""
    answer = page.request.get(f"{project}/files/{kind}/download")
    assert answer.ok
    return xr.open_dataset(BytesIO(answer.body()), engine="scipy", decode_times=False).load()


def test_selections_are_joined_and_restricted(seas: Editor) -> None:
    told = seas.selected()
    seas.find("details.typed summary").click()
    typed(seas, -20, 0, -10, 10)
    expect(told).to_have_text(cells(400))
    seas.find("#how [value=add]").check(force=True)
    typed(seas, 0, 20, -10, 10)
    expect(told).to_have_text(cells(800))
    seas.find("#how [value=subtract]").check(force=True)
    typed(seas, -20, -10, -10, 10)
    expect(told).to_have_text(cells(600))
    seas.find("#how [value=intersect]").check(force=True)
    typed(seas, 0, 40, -10, 0)
    expect(told).to_have_text(cells(200))
    seas.button("Invert").click()
    expect(told).to_have_text(cells(180 * 360 - 200))
    seas.button("All").click()
    seas.find("#only [value=ocean]").check(force=True)
    expect(told).to_have_text(cells(44 * 360 + 10 * 32))
    seas.find("#only [value=land]").check(force=True)
    expect(told).to_have_text(cells(136 * 360 - 10 * 32))
    seas.find("#only [value=all]").check(force=True)
    seas.find("#how [value=new]").check(force=True)
    seas.find("#value-low").fill("-4000")
    seas.find("#value-high").fill("-3000")
    seas.button("Select values").click()
    expect(told).to_have_text(cells(44 * 360))


def test_shapes_are_drawn_with_keys_held(seas: Editor) -> None:
    page, told = seas.page, seas.selected()
    seas.tool("box")
    seas.drag_to((-20.1, -10.1), (-0.1, 9.9))
    expect(told).to_have_text(cells(400))
    page.keyboard.down("Shift")
    seas.drag_to((9.9, -10.1), (29.9, 9.9))
    page.keyboard.up("Shift")
    expect(told).to_have_text(cells(800))
    page.keyboard.down("Alt")
    seas.drag_to((-20.1, -10.1), (29.9, -0.1))
    page.keyboard.up("Alt")
    expect(told).to_have_text(cells(400))
    page.keyboard.press("Escape")
    expect(told).to_have_text("Nothing selected")

    page.keyboard.press("p")
    for corner in ((-20.0, -30.0), (20.0, -30.0), (0.0, 0.0)):
        seas.click_at(*corner)
    page.keyboard.press("Enter")
    expect(told).to_contain_text("cells")
    count = int(re.sub(r"\D", "", (told.text_content() or "").partition("cell")[0]))
    assert count == pytest.approx(600, abs=40)  # half of 40 x 30 cells

    sizes = []
    seas.tool("brush")
    for _ in range(3):
        page.keyboard.press("Escape")
        expect(told).to_have_text("Nothing selected")
        seas.click_at(0.0, 0.0)
        expect(told).to_contain_text("cell")
        sizes.append(int(re.sub(r"\D", "", (told.text_content() or "").partition("cell")[0])))
        page.keyboard.press("]")
        page.keyboard.press("]")
    assert sizes == sorted(set(sizes))


def test_a_lasso_may_end_where_it_began(seas: Editor) -> None:
    seas.tool("lasso")
    corners = ((-20.1, -10.1), (-0.1, -10.1), (-0.1, 9.9), (-20.1, 9.9))
    seas.drag_to(*corners, corners[0])
    expect(seas.selected()).to_contain_text(re.compile(r"^(3[89]|4[012])\d cells"))


def test_a_line_is_lengthened_and_applied_without_being_ended(seas: Editor) -> None:
    page = seas.page
    seas.tool("line")
    seas.find("#value").fill("300")
    seas.find("#width").fill("1")
    seas.drag_to((-156.0, 36.0), (-156.0, 20.0))
    expect(seas.find("#hint")).to_contain_text("lengthens")
    seas.click_at(-156.0, 10.0)
    expect(seas.find("#hint")).to_contain_text("lengthens")
    seas.find("#reason").fill("open to the ocean")
    seas.apply()
    expect(seas.find("#badges")).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    expect(seas.find("#reason")).to_have_value("")  # it is that edit's, not the next one's
    seas.find("#tab-problems").click()
    seas.click_at(-150.0, 60.0)
    expect(seas.find("#apply")).to_be_disabled()
    seas.click_at(-140.0, 60.0)
    expect(seas.find("#apply")).to_be_enabled()
    expect(seas.find("#value")).to_be_visible()  # drawing leads to what is asked for
    seas.apply()
    page.keyboard.press("Control+z")
    seas.find("#tab-edits").click()
    expect(seas.find("#edits > li")).to_have_count(1)
    expect(seas.find("#edits > li")).to_contain_text("open to the ocean")


def test_a_box_across_the_date_line(seas: Editor) -> None:
    page = seas.page
    seas.tool("hand")
    seas.drag_to((150.0, 0.0), (0.0, 0.0))
    seas.tool("box")
    seas.drag_to((169.9, -10.1), (189.9, 9.9))
    expect(seas.selected()).to_have_text(cells(400))
    seas.set("set", 100)
    seas.apply()
    seas.save("across")
    project = page.url.partition("/edit/")[0]
    page.goto(project)
    expect(page.locator("[data-step=routing] .badge")).to_have_text("up to date", timeout=COLD)
    made = fetch(page, project, "topography")["topography"]
    changed = made.values == 100.0
    columns = made["lon"].values[changed.any(axis=0)]
    assert sorted(columns) == [*np.arange(-179.5, -170), *np.arange(170.5, 180)]
    assert changed.sum() == 400


def test_a_channel_opens_a_sea_and_a_sill_lies_in_it(seas: Editor) -> None:
    page, counts = seas.page, seas.find("#badges")
    expect(counts).to_contain_text(re.compile(r"10\s*internal seas"))
    seas.tool("line")
    seas.click_at(-156.0, 36.0)
    seas.click_at(-156.0, 10.0)
    page.keyboard.press("Enter")
    expect(seas.find("#apply")).to_have_text("Apply to the line")
    seas.find("#value").fill("300")
    seas.find("#width").fill("1")
    seas.apply()
    expect(counts).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    seas.find("#operation").select_option("sill")
    seas.find("#value").fill("5")
    seas.click_at(-162.0, 24.0)
    seas.click_at(-150.0, 24.0)
    page.keyboard.press("Enter")
    seas.apply()
    expect(counts).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    seas.find("#tab-problems").click()
    expect(seas.find("#panel-problems")).to_contain_text("5 m deep at the shallowest")
    seas.find("[data-stage]").focus()
    page.keyboard.press("Control+z")
    expect(seas.find("#panel-problems")).to_contain_text("300 m deep at the shallowest")
    page.keyboard.press("Control+z")
    expect(counts).to_contain_text(re.compile(r"10\s*internal seas"))
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    expect(seas.find("#count-edits")).to_have_text("2")


def test_the_list_of_edits(seas: Editor) -> None:
    page, counts = seas.page, seas.find("#badges")
    seas.find("#tab-problems").click()
    seas.button("Fill all").click()
    expect(seas.find("#panel-problems")).to_contain_text("10 edits: 320 cells change")
    seas.find("[data-apply-fix]").click()
    expect(counts).to_contain_text(re.compile(r"(^|\D)0\s*internal seas"))
    seas.find("#tab-edits").click()
    first = seas.find("#edits > li").first
    expect(seas.find("#edits > li")).to_have_count(10)
    first.locator("[data-switch]").click()
    expect(counts).to_contain_text(re.compile(r"(^|\D)1\s*internal sea"))
    expect(first).to_contain_text("off")
    seas.find("#edits > li").nth(1).locator("[data-remove]").click()
    expect(counts).to_contain_text(re.compile(r"(^|\D)2\s*internal seas"))
    expect(seas.find("#edits > li")).to_have_count(9)
    first.locator(".handle").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(seas.find("#edits > li").nth(1)).to_contain_text("off")
    seas.find("#edits > li").nth(1).locator(".handle").drag_to(seas.find("#edits > li").nth(3))
    expect(seas.find("#edits > li").nth(3)).to_contain_text("off")
    seas.find("[data-stage]").focus()
    for _ in range(5):
        page.keyboard.press("Control+z")
    expect(counts).to_contain_text(re.compile(r"10\s*internal seas"))
    for _ in range(5):
        page.keyboard.press("Control+Shift+z")
    expect(counts).to_contain_text(re.compile(r"(^|\D)2\s*internal seas"))


def test_land_or_sea_is_masked(seas: Editor) -> None:
    seas.find("#tab-view").click()
    for value, seen in (("land", 44 * 360 + 320), ("sea", 136 * 360 - 320), ("", 180 * 360)):
        seas.find(f"#mask [value='{value}']").check(force=True)
        found = seas.inside.evaluate("""() => {
            const { renderers } = Bokeh.documents[0].get_model_by_name("map");
            const [image] = renderers.find((one) => one.name === "field").data_source.data.image;
            return image.reduce((count, value) => count + (value === value), 0);
        }""")
        assert found == seen


def test_straits_at_the_fold_and_the_halo_and_basins(visit: Visit) -> None:
    """Copies follow their owners, and every sea cell belongs to exactly one basin."""
    page = visit()
    register(page, new_name("Ada"))
    project = upload(page, "Seams")
    run_everything(page)
    before = fetch(page, project, "bathy")["Bathymetry"].values.squeeze()
    ny, nx = before.shape
    editor = Editor(page, f"{project}/edit/passage_problems")
    editor.find("#only [value=ocean]").check(force=True)
    editor.tool("box")
    editor.drag_to((0.3, ny - 2.6), (nx - 0.3, ny - 0.3))
    page.keyboard.down("Shift")
    editor.drag_to((0.3, 30.3), (0.8, 80.7))
    page.keyboard.up("Shift")
    expect(editor.selected()).to_contain_text("cells")
    editor.set("set", 777)
    editor.apply()
    editor.save("seams")
    page.goto(project)
    expect(page.locator("[data-step=passage_problems] .badge")).to_have_text(
        "up to date", timeout=COLD
    )
    grid = fetch(page, project, "coordinates")
    depth = fetch(page, project, "bathy")["Bathymetry"].values.squeeze()
    topology = detect_topology(grid["nav_lon"].values.squeeze(), grid["nav_lat"].values.squeeze())
    assert topology.halo and topology.fold != "none"
    assert np.array_equal(depth, depth.flat[topology.owners(depth.shape)])
    changed = depth == 777.0
    for seam in (changed[-1], changed[-2], changed[:, 0], changed[:, -2]):
        assert seam.any()
    assert np.array_equal(depth > 0, before > 0)

    editor = Editor(page, f"{project}/edit/sub_basins")
    editor.tool("brush")
    editor.drag_to((40.0, 40.0), (60.0, 60.0))
    editor.find("#basins").get_by_text("Pacific").click()
    editor.apply()
    editor.save("painted")
    page.goto(project)
    expect(page.locator("[data-step=sub_basins] .badge")).to_have_text("up to date", timeout=COLD)
    made = fetch(page, project, "subbasins")
    masks = [made[name].values.squeeze() for name in ("atlmsk", "pacmsk", "indmsk")]
    assert np.array_equal(np.sum(masks, axis=0), (depth > 0).astype(float))
    assert masks[1][45, 45] == (depth[45, 45] > 0)
