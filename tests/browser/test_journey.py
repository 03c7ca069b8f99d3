"""The job of a person, from an account to the files, in a real browser."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from browser_visits import Visit, new_name, register, run_everything, upload
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import arrays_sha256


def test_the_whole_way(visit: Visit, tmp_path: Path) -> None:
    page = visit(expected="422")  # the table that does not add up
    ada, bob = new_name("Ada"), new_name("Bob")
    register(page, ada)
    project = upload(page, "Paleocene")
    expect(page.locator("[data-step=regrid] .badge")).to_have_text("up to date")
    run_everything(page)

    edit_vegetation(page, project)
    compare_vegetation(page, project)

    other = visit()
    register(other, bob)
    share(page, project, bob)
    other.goto("/projects?scope=shared")
    other.get_by_role("link", name="Paleocene").click()
    expect(other.get_by_role("heading", name="Paleocene")).to_be_visible()
    expect(other.get_by_role("button", name="Run everything")).to_have_count(0)

    page.goto(project)
    folder = downloaded(page, tmp_path)
    check_files(folder, tmp_path)


def edit_vegetation(page: Page, project: str) -> None:
    """Take a tenth of the forest of the first band for bare soil, and run the step."""
    page.goto(f"{project}/steps/pft")
    cells = (
        page.locator("table").first.locator("tbody tr").first.locator("input:not([type=hidden])")
    )
    before = [float(cells.nth(k).input_value()) for k in range(14)]
    most = max(range(2, 14), key=lambda k: before[k])
    cells.nth(1).fill(str(before[1] + 5))
    expect(page.get_by_text("105").first).to_be_visible()
    page.get_by_role("button", name="Save and run").click()
    expect(page.get_by_text("100").first).to_be_visible()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert float(cells.nth(1).input_value()) == before[1] + 5
    cells.nth(most).fill(str(before[most] - 5))
    page.get_by_role("button", name="Save and run").click()
    expect(page.locator("[data-state-of=pft]").first).to_have_text("up to date", timeout=30_000)


def compare_vegetation(page: Page, project: str) -> None:
    """Compare the two revisions of the vegetation."""
    page.goto(f"{project}/files/pft")
    page.get_by_role("link", name="Compare").last.click()
    expect(page.get_by_role("rowheader", name="maxvegetfrac")).to_be_visible()


def share(page: Page, project: str, user: str) -> None:
    page.goto(f"{project}/share")
    page.get_by_label("With whom").fill(user)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("rowheader", name=user)).to_be_visible()


def downloaded(page: Page, tmp_path: Path) -> Path:
    """Download everything; return the folder of what was in it."""
    page.locator("summary", has_text="More").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download everything").first.click()
    archive = tmp_path / "all.zip"
    waiting.value.save_as(archive)
    folder = tmp_path / "all"
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(folder)
    (recipe,) = folder.rglob("recipe.yaml")
    return recipe.parent


def check_files(folder: Path, tmp_path: Path) -> None:
    """Compare the files with those that the command line makes of the same recipe."""
    built = tmp_path / "built"
    command = [sys.executable, "-m", "gondwana.cli.main", "build", "--recipe"]
    subprocess.run(
        [*command, str(folder / "recipe.yaml"), "--out", str(built)],
        check=True,
        capture_output=True,
    )
    made = {path.name for path in built.glob("*.nc")}
    assert len(made) >= 10
    assert made <= {path.name for path in folder.glob("*.nc")}
    for name in sorted(made):
        assert arrays_sha256(open_netcdf(folder / name)) == arrays_sha256(open_netcdf(built / name))
