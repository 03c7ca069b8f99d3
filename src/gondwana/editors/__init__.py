"""Maps that answer at once, in the browser: applications on Panel and Bokeh."""
