"""All applications, by their paths below ``/viewer``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bokeh.document import Document

from gondwana.dispatcher.platform import Platform
from gondwana.editors.map_editor import open_editor
from gondwana.editors.viewer import open_viewer


def applications(platform: Platform) -> dict[str, Callable[[Document], None]]:
    """Return what fills the page of each application.

    Parameters
    ----------
    platform : Platform

    Returns
    -------
    dict
        By path. Each takes a document whose session's signed token names the reader as ``user``.
    """
    return {"/map": partial(open_viewer, platform), "/edit": partial(open_editor, platform)}
