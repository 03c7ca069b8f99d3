"""The map editors by mouse and keyboard in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser_visits import COLD, PICTURES, Visit, new_name, register, run_everything, upload
from editor_page import Editor, new_project, write_ten_seas

BUNDLE = {
    "topography.nc", "routing.nc", "bathy.nc", "coordinates.nc", "soils.nc", "pft.nc",
    "topo_high_res.nc", "heatflow.nc", "ahmcoef.nc", "subbasins.nc", "grids.nc", "masks.nc",
    "areas.nc", "rmp_torc_to_tlmd_CONSERV.nc", "report.html", "recipe.yaml", "manifest.json",
}  # fmt: skip
FACES = ("internal_oceans", "passage_problems", "sub_basins")


@pytest.fixture
def planet(tmp_path: Path) -> Path:
    """Write a planet with ten internal oceans."""
    return write_ten_seas(tmp_path / "ten seas.nc")


def test_ten_internal_oceans(visit: Visit, planet: Path) -> None:
    """Select by every tool, fill and open seas, undo all, reload in mid-work, save."""
    page = visit()
    register(page, new_name("Ada"))
    project = new_project(page, planet, "Ten seas")
    editor = Editor(page, f"{project}/edit/internal_oceans")
    seas = editor.find("#badges")
    expect(seas).to_contain_text(re.compile(r"10\s*internal seas"))

    for tool, draw in tools(editor).items():
        editor.tool(tool)
        draw()
        expect(editor.selected()).to_contain_text("cell", timeout=5000)
        editor.find("#clear").click()
        expect(editor.selected()).to_have_text("Nothing selected")

    # a sea by wand, filled; another by its fix, after a look at what it would do
    editor.find("#tab-problems").click()
    editor.find("[data-fix=fill]").first.click()
    expect(editor.find("#panel-problems")).to_contain_text("Fill a sea")
    editor.find("[data-apply-fix]").click()
    expect(seas).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    editor.find("#tab-change").click()
    editor.find("details.typed summary").click()
    editor.find("#west").fill("-153")
    editor.find("#south").fill("31")
    editor.frame.get_by_role("button", name="Select the box").click()
    expect(editor.selected()).to_contain_text("cell")
    editor.set("set", 500)
    editor.apply()
    page.keyboard.press("Control+z")
    expect(editor.find("#count-edits")).to_have_text("1")

    # the page is loaded again in mid-work: nothing is lost
    expect(editor.find("#draft")).to_contain_text("Draft kept")
    page.reload()
    editor.wait()
    expect(seas).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    page.keyboard.press("Tab")
    editor.find("[data-stage]").focus()
    page.keyboard.press("Control+z")
    expect(seas).to_contain_text(re.compile(r"10\s*internal seas"))
    page.keyboard.press("Control+Shift+z")
    expect(seas).to_contain_text(re.compile(r"(^|\D)9\s*internal seas"))
    editor.save("one sea less")
    page.goto(f"{project}/steps/internal_oceans")
    expect(page.locator("#edits")).to_contain_text("fill")
    page.goto(f"{project}/history")
    expect(page.get_by_text("one sea less")).to_be_visible()
    page.goto(project)
    expect(page.locator("[data-step=routing] .badge")).to_have_text("up to date", timeout=COLD)


def tools(editor: Editor) -> dict[str, Callable[[], None]]:
    """How each tool is used."""
    return {
        "cell": lambda: editor.click(0.5, 0.5),
        "box": lambda: editor.drag((0.3, 0.3), (0.5, 0.5)),
        "lasso": lambda: editor.drag((0.3, 0.3), (0.5, 0.3), (0.5, 0.6), (0.3, 0.6)),
        "brush": lambda: editor.drag((0.3, 0.3), (0.5, 0.5)),
        "wand": lambda: editor.click(0.5, 0.5),
    }


def test_the_60_ma_case_through_all_editors(visit: Visit) -> None:
    """From the upload through four editors, each saved, to everything up to date."""
    page = visit()
    register(page, new_name("Ada"))
    project = upload(page, "Paleocene")
    run_everything(page)
    asks = {"internal_oceans": ("add", 40.0), "passage_problems": ("multiply", 120.0)}
    for step in FACES:
        editor = Editor(page, f"{project}/edit/{step}")
        editor.tool("box")
        editor.drag((0.45, 0.45), (0.6, 0.6))
        expect(editor.selected()).to_contain_text("cell")
        if step == "sub_basins":
            editor.find("#basins").get_by_text("Indian").click()
        else:
            editor.set(*asks[step])
        editor.apply()
        editor.save(f"trial of {step}")
        page.goto(project)
        for made in (step, "bathymetry"):  # from which the next one is edited
            badge = page.locator(f"[data-step={made}] .badge")
            expect(badge).to_have_text("up to date", timeout=COLD)
    run_everything(page)
    editor = Editor(page, f"{project}/files/pft/edit")
    expect(editor.find("#variable")).to_have_value("maxvegetfrac")
    editor.find("#slice [data-slice=veget]").select_option(label="veget 2")
    page.wait_for_url("**index=veget*1*")
    editor.wait()
    expect(editor.find("#slice [data-slice=veget]")).to_have_value("1")
    editor.tool("box")
    editor.drag((0.45, 0.45), (0.6, 0.6))
    expect(editor.selected()).to_contain_text("cell")
    editor.set("set", 3)
    editor.find("#apply").click()
    expect(editor.find("#error-apply")).to_contain_text("Leaves a value of 3")
    editor.set("set", 0.3)
    editor.apply()
    editor.save("more forest")
    page.goto(f"{project}/files/pft")
    expect(page.get_by_text("more forest").first).to_be_visible()

    page.goto(project)
    with page.expect_download(timeout=COLD) as downloaded:
        page.get_by_role("link", name="Download everything").click(timeout=COLD)
    with ZipFile(downloaded.value.path()) as bundle:
        names = {Path(name).name for name in bundle.namelist()}
        (recipe,) = (name for name in bundle.namelist() if name.endswith("recipe.yaml"))
        edits = yaml.safe_load(bundle.read(recipe))["edits"]
    assert names >= BUNDLE
    assert {step: len(found) for step, found in edits.items()} == dict.fromkeys(FACES, 1)


def test_two_people_who_save_over_each_other(visit: Visit) -> None:
    page = visit()
    register(page, new_name("Ada"))
    project = upload(page, "Shared work")
    run_everything(page)
    other = page.context.new_page()
    one = Editor(page, f"{project}/edit/internal_oceans")
    two = Editor(other, f"{project}/edit/internal_oceans")
    for editor, value in ((one, 100.0), (two, 50.0)):
        editor.tool("box")
        editor.drag((0.45, 0.45), (0.6, 0.6))
        expect(editor.selected()).to_contain_text("cell")
        editor.set("add", value)
        editor.apply()
    one.save("first")
    two.find("#save").click()
    two.find("#save-go").click()
    expect(two.find("#save-conflict")).to_contain_text("first")
    two.find("#save-go").click()
    expect(two.find("#banner")).to_contain_text("Saved")
    two.find("#tab-edits").click()
    expect(two.find("#edits > li")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 700])
def test_how_the_editors_look(visit: Visit, scheme: str, width: int) -> None:
    page = visit(scheme=scheme, width=width)
    register(page, new_name("Ada"))
    project = upload(page, "Looks")
    run_everything(page)
    addresses = {step: f"{project}/edit/{step}" for step in FACES}
    addresses["variable"] = f"{project}/files/pft/edit?variable=maxvegetfrac&index=veget:1"
    folder = PICTURES / "editors"
    folder.mkdir(parents=True, exist_ok=True)
    for name, address in addresses.items():
        editor = Editor(page, address)
        editor.tool("lasso")
        editor.drag((0.3, 0.35), (0.5, 0.3), (0.55, 0.6), (0.35, 0.6))
        expect(editor.selected()).to_contain_text("cell")
        page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
        if name in ("internal_oceans", "passage_problems"):  # of others no problems are known
            editor.find("#tab-problems").click()
            page.screenshot(path=folder / f"{name}-problems-{scheme}-{width}.png")
        editor.find("#tab-view").click()
        page.screenshot(path=folder / f"{name}-view-{scheme}-{width}.png")
        found = Axe().run(editor.inside)  # type: ignore[arg-type]
        assert found.violations_count == 0, json.dumps(found.response["violations"])[:3000]
