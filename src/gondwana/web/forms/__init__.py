"""Forms of steps, derived from the models of their parameters: shown, posted, read.

`filled` makes a form that holds values, `read_form` reads what came back, `rearranged` does what
the buttons inside it do where no script runs.
"""

from gondwana.web.forms.deeds import rearranged
from gondwana.web.forms.derived import fields_of
from gondwana.web.forms.fields import Field
from gondwana.web.forms.reading import Reading, read_form
from gondwana.web.forms.shown import Entry, Form, Problem, filled

__all__ = [
    "Entry",
    "Field",
    "Form",
    "Problem",
    "Reading",
    "fields_of",
    "filled",
    "read_form",
    "rearranged",
]
