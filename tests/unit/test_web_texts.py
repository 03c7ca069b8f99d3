"""What people read can be translated, and stands in no template as it is."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask
from jinja2 import Environment

from gondwana.storage.marks import utc_now
from gondwana.web.texts import ago, browser, lasting, sentence, slug, speak, when

WEB = Path(__file__).parents[2] / "src" / "gondwana" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
NAMES = {"Gondwana", "gondwana", "ncdump", "sha", "UTC"}
"""What is the same in every language."""

SILENT = re.compile(r"<(script|style|pre|code|svg)\b.*?</\1>", re.DOTALL)
MARKS = re.compile(r'[\w-]+="[^"]*"|data-[\w-]+|<[^>]*>')
READ_ATTRIBUTES = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"')


def bare(template: str) -> list[str]:
    """Return the words of a template that stand in it as they are."""
    without_width = re.sub(r"{% block width %}\w*{% endblock %}", "", template)
    tokens = Environment().lex(without_width)  # noqa: S701 - nothing is rendered
    shown = SILENT.sub(" ", "".join(text for _, kind, text in tokens if kind == "data"))
    texts = [*READ_ATTRIBUTES.findall(shown), MARKS.sub(" ", shown)]
    words = re.findall(r"[^\W\d_]{2,}", unescape(" ".join(texts)))
    return [word for word in words if word not in NAMES]


def test_a_bare_word_is_found() -> None:
    assert bare('<p title="one">{{ _("two") }} three <svg><text>four</text></svg></p>') == [
        "one",
        "three",
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_no_template_holds_a_bare_word(path: Path) -> None:
    assert bare(path.read_text(encoding="utf-8")) == []


def test_all_messages_can_be_extracted() -> None:
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(WEB, methods)
    }
    assert "Projects" in found
    assert len(found) > 150


def test_flashed_texts_are_translated() -> None:
    for path in (WEB / "pages").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "flash":
                first = node.args[0]
                assert not isinstance(first, ast.Constant | ast.JoinedStr), f"{path}:{node.lineno}"


def test_browsers() -> None:
    chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
    app = Flask(__name__, root_path=".")
    speak(app)
    with app.test_request_context():
        assert browser(chromium) == "Chrome on Linux"
        assert browser(chromium + " Edg/156.0") == "Edge on Linux"
        assert browser("curl/8.1") == "curl"
        assert browser("x" * 200) == "x" * 60
        assert browser("") == ""


def test_times_and_lengths() -> None:
    app = Flask(__name__, root_path=".")
    speak(app)
    with app.test_request_context():
        now = utc_now()
        assert ">just now</time>" in ago(now)
        assert ">3 hours ago</time>" in ago(now - timedelta(hours=3))
        assert ago(now - timedelta(days=40)).count(str((now - timedelta(days=40)).year)) == 3
        assert when(now).startswith(f'<time datetime="{now.year}')
    assert [lasting(seconds) for seconds in (None, 0.0123, 2.345, 61, 7322)] == [
        "",
        "12 ms",
        "2.3 s",
        "1 min 1 s",
        "2 h 2 min",
    ]
    assert sentence("nobody is there") == "Nobody is there."
    assert slug("awaiting you") == "awaiting-you"
