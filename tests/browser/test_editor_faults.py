"""The map editors when something goes wrong: a cut line, lost rights, who may only look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from playwright.sync_api import TimeoutError as NothingCame

from browser_visits import COLD, Visit, new_name, register
from editor_page import Editor, new_project, write_ten_seas
from served import serving_platform

CUT = "WebSocket"  # what the browser itself says of a line that ends


class Line:
    """The websocket of a page, which can be cut."""

    def __init__(self, page: Page) -> None:
        self._routes: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/viewer/edit/ws"), self._pass)

    def _pass(self, route: WebSocketRoute) -> None:
        route.connect_to_server()
        self._routes.append(route)

    def cut(self) -> None:
        """End it as a broken network does."""
        self._routes[-1].close(code=3000)

    @property
    def count(self) -> int:
        """How many there have been."""
        return len(self._routes)


def share(page: Page, project: str, name: str, access: str) -> None:
    """Share a project by its page."""
    page.goto(f"{project}/share")
    page.get_by_label("With whom").fill(name)
    page.get_by_label("What they may do").select_option(access)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("row", name=name)).to_contain_text(access)


def draw_and_add(editor: Editor, value: float) -> None:
    """Draw a box on the sea and raise it."""
    editor.tool("box")
    editor.drag((0.3, 0.55), (0.4, 0.6))
    expect(editor.selected()).to_contain_text("cell")
    editor.set("add", value)
    editor.apply()


def test_a_cut_line_loses_nothing(visit: Visit, tmp_path: Path) -> None:
    page = visit(expected=CUT)
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "Cut")
    line = Line(page)
    editor = Editor(page, f"{project}/edit/internal_oceans")
    draw_and_add(editor, 10)
    expect(editor.find("#draft")).to_contain_text("Draft kept")
    editor.set("add", 20)
    editor.apply()
    with page.expect_event("framenavigated", lambda frame: "/viewer/edit" in frame.url):
        line.cut()  # perhaps before the draft of the second edit is kept
        expect(editor.find("#banner")).to_contain_text("is cut")
    editor.wait()
    expect(editor.find("#count-edits")).to_have_text("2", timeout=COLD)
    assert line.count == 2
    expect(editor.find("#banner")).to_be_hidden()
    editor.find("[data-stage]").focus()
    for left in ("1", "0"):
        page.keyboard.press("Control+z")
        expect(editor.find("#count-edits")).to_have_text(left)
    page.keyboard.press("Control+Shift+z")
    editor.save("after the line was back")


def test_somebody_who_may_look_has_no_tools_that_change(visit: Visit, tmp_path: Path) -> None:
    page, other = visit(), visit()
    reader = new_name("Mary")
    register(other, reader)
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "To be looked at")
    share(page, project, reader, "view")
    editor = Editor(other, f"{project}/edit/internal_oceans")
    expect(editor.find("#badges")).to_contain_text(re.compile(r"10\s*internal seas"))
    editor.tool("box")
    editor.drag((0.3, 0.3), (0.5, 0.5))
    expect(editor.selected()).to_contain_text("cells")
    for part in ("#apply", "#undo", "#save", "#paste", "#discard"):
        expect(editor.find(part)).to_be_hidden()
    editor.find("#tab-problems").click()
    expect(editor.find("[data-problem]").first).to_be_visible()
    expect(editor.find("[data-fix]")).to_have_count(0)
    expect(editor.find("[data-fix-all]")).to_have_count(0)

    # a message made by hand
    said = editor.inside.evaluate("""() => new Promise((resolve) => {
        const [asks, answers] = Bokeh.documents[0].get_model_by_name("map").tags;
        answers.properties.data.change.connect(() => resolve(answers.data.said[0]));
        const ask = { id: 99, do: "fix", problem: "sea 1", fix: "fill" };
        asks.data = { said: [JSON.stringify(ask)] };
    })""")
    assert "cannot change" in said
    expect(editor.find("#badges")).to_contain_text(re.compile(r"10\s*internal seas"))


def test_rights_that_are_lost_while_editing(visit: Visit, tmp_path: Path) -> None:
    page, other = visit(), visit()
    writer = new_name("Ed")
    register(other, writer)
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "Lent")
    share(page, project, writer, "edit")
    editor = Editor(other, f"{project}/edit/internal_oceans")
    draw_and_add(editor, 10)
    expect(editor.find("#draft")).to_contain_text("Draft kept")
    share(page, project, writer, "view")
    editor.set("add", 20)
    editor.apply()
    expect(editor.find("#banner")).to_contain_text("The draft cannot be kept")
    editor.find("#save").click()
    editor.find("#save-go").click()
    expect(editor.find("#error-save")).to_be_visible()
    page.goto(f"{project}/steps/internal_oceans")
    expect(page.locator("#edits")).not_to_contain_text("add")


def test_a_project_that_is_taken_away_while_editing(visit: Visit, tmp_path: Path) -> None:
    page, other = visit(), visit(expected="40")  # the browser tells of 403 and 404
    writer = new_name("Ed")
    register(other, writer)
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "Lent and taken")
    share(page, project, writer, "edit")
    editor = Editor(other, f"{project}/edit/internal_oceans")
    draw_and_add(editor, 10)
    page.goto(f"{project}/share")
    page.get_by_role("button", name="Take back").click()
    expect(editor.find("#banner")).to_contain_text("There is no such project", timeout=COLD)
    # and it stays so, although its line is closed: nothing is loaded again and again
    with pytest.raises(NothingCame):
        other.wait_for_event("framenavigated", timeout=6000)
    expect(editor.find("#banner")).to_contain_text("There is no such project")


def test_a_server_that_is_started_again_in_mid_work(chromium: Browser, tmp_path: Path) -> None:
    """The page comes back by itself with everything; so do undo and saving."""
    seas = write_ten_seas(tmp_path / "seas.nc")
    with serving_platform(tmp_path / "data") as served:
        port = served.address.rpartition(":")[2]
        context = chromium.new_context(
            base_url=served.address, viewport={"width": 1280, "height": 850}
        )
        context.set_default_timeout(COLD)
        page = context.new_page()
        page.goto(served.entrance)
        page.evaluate("localStorage.setItem('tour', 'projects workflow')")
        project = new_project(page, seas, "Started again")
        editor = Editor(page, f"{project}/edit/internal_oceans")
        draw_and_add(editor, 10)
        editor.set("add", 20)
        editor.apply()
        expect(editor.find("#count-edits")).to_have_text("2")
    # it was stopped before it would have kept the draft of the second edit
    expect(editor.find("#banner")).to_contain_text("is cut")
    with serving_platform(tmp_path / "data", "--port", port):
        expect(editor.find("#banner")).to_be_hidden(timeout=COLD)
        editor.wait()
        expect(editor.find("#count-edits")).to_have_text("2")
        editor.find("[data-stage]").focus()
        page.keyboard.press("Control+z")
        expect(editor.find("#count-edits")).to_have_text("1")
        editor.save("after the server was back")
        page.goto(f"{project}/steps/internal_oceans")
        expect(page.locator("#edits")).to_contain_text("add 10")
    context.close()


def test_what_lies_beneath_is_made_anew_meanwhile(visit: Visit, tmp_path: Path) -> None:
    """Another working grid: it is told before anything is saved, and the edits go onto it."""
    page = visit()
    register(page, new_name("Ada"))
    project = new_project(page, write_ten_seas(tmp_path / "seas.nc"), "Another grid")
    other = page.context.new_page()
    editor = Editor(other, f"{project}/edit/internal_oceans")
    editor.tool("box")
    editor.drag_to((-20.1, -10.1), (-0.1, 9.9))
    expect(editor.selected()).to_contain_text("400 cells")
    editor.set("set", 100)
    editor.apply()

    page.goto(f"{project}/steps/regrid")
    page.get_by_label("Resolution").fill("2")
    page.get_by_role("button", name="Save and run").click()
    page.goto(project)
    expect(page.locator("[data-step=regrid] .badge")).to_have_text("up to date", timeout=COLD)

    editor.find("#save").click()
    editor.find("#save-go").click()
    expect(editor.find("#save-conflict")).to_contain_text("made anew meanwhile")
    expect(editor.find("#count-edits")).to_have_text("1")
    editor.find("#save-conflict").get_by_role("button", name="Look at it first").click()
    editor.find("#tab-edits").click()
    expect(editor.find("#edits > li")).to_contain_text("100 cells")
    editor.save("on the new grid")
    page.reload()
    expect(page.locator("[data-step=routing] .badge")).to_have_text("up to date", timeout=COLD)
