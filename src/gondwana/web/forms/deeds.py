"""What buttons inside a form do without saving: rows come and go, defaults come back.

The page does the same by itself where scripts run; these are for where they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gondwana.steps.contract import Step
from gondwana.web.forms.derived import fields_of
from gondwana.web.forms.fields import Field
from gondwana.web.forms.reading import Posted, read_typed, typed_in
from gondwana.web.forms.shown import Form, Typed, shown, typed_of

_MOST_ROWS = 5000


def rearranged(
    step: Step, posted: Posted, deed: str, *, last: Mapping[str, Any] | None = None
) -> Form | None:
    """Return the form after a button in it was pressed, with all that was typed.

    Parameters
    ----------
    step : Step
    posted : MultiDict
    deed : str
        ``add:FIELD``, ``remove:FIELD:ROW``, ``default:FIELD``, or ``defaults`` for all.
    last : mapping, optional
        Values of the last run.

    Returns
    -------
    Form or None
        None if there is no such deed.
    """
    fields = {field.name: field for field in fields_of(step)}
    typed = {name: typed_in(field, posted) for name, field in fields.items()}
    what, _colon, rest = deed.partition(":")
    name, _colon, row = rest.partition(":")
    if what == "defaults":
        typed = {name: typed_of(field, field.default) for name, field in fields.items()}
    elif name in fields:
        changed = _changed(fields[name], typed[name], what, row)
        if changed is None:
            return None
        typed[name] = changed
    else:
        return None
    form = read_typed(step, typed).form
    values = {entry.field.name: entry.field.default for entry in form.entries if entry.is_default}
    return shown(tuple(fields.values()), typed, values, last=last)


def _changed(field: Field, typed: Typed, what: str, row: str) -> Typed | None:
    if what == "default":
        return typed_of(field, field.default)
    if field.kind != "table" or field.layout == "one row":
        return None
    if what == "add":
        return Typed(rows=(*typed.rows, ("",) * len(field.columns))[:_MOST_ROWS])
    if what == "remove":
        rest = (texts for place, texts in enumerate(typed.rows) if str(place) != row)
        return Typed(rows=tuple(rest))
    return None
