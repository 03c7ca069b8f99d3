// What the editor says.

export const OPERATIONS = {
  set: ["Set to a value", "All selected cells get this value."],
  add: ["Add", "Raises by a positive value, lowers by a negative one."],
  multiply: ["Multiply", "100 % changes nothing."],
  raise_to: ["Raise to", "Cells that lie lower are raised to this value; the others stay."],
  lower_to: ["Lower to", "Cells that lie higher are lowered to this value; the others stay."],
  clamp: ["Keep within limits", "What lies beyond a limit is brought to it."],
  smooth: ["Smooth", "Each cell becomes the mean of itself and its neighbours."],
  interpolate: ["Interpolate from the rim", "The selection is filled smoothly from the cells around it."],
  channel: ["Channel along a line", "Draw a line with the line tool: it is dug out to this depth."],
  sill: ["Sill along a line", "Draw a line with the line tool: it is filled up to this depth below the sea."],
  assign: ["Assign to a basin", "The selected sea belongs to this basin."],
};

export const VALUE_LABELS = { multiply: "Factor", channel: "Depth", sill: "Depth of the crest", add: "How much" };

export const NEEDS = {
  set: ["value"], add: ["value"], multiply: ["value"], raise_to: ["value"], lower_to: ["value"], clamp: ["limits"],
  smooth: ["times"], interpolate: [], channel: ["value", "width"], sill: ["value", "width"], assign: ["basin"],
};

export const KINDS = {
  pole: "Poles", sea: "Internal seas", contact: "Corner contacts", passage: "Narrow passages",
};

export const COUNTS = { seas: ["internal sea", "internal seas"], passages: ["passage", "passages"], contacts: ["contact", "contacts"], poles: ["pole", "poles"] };

export const MARKS = {
  sea: "Internal seas", policy: "Mended by the step itself", passage: "Narrow passages", contact: "Corner contacts",
  pole: "Trouble at a pole", changed: "Changed since the start",
};

export const HINTS = {
  polygon: "Click corner by corner. Enter, a double click or the first corner ends it; Backspace takes one back.",
  line: "Click point by point, or drag. Enter or a double click ends it; Backspace takes one back.",
  paste: "Click where the middle of the copy goes. Escape cancels.",
  ready: "Enter applies it, a click lengthens it, Escape takes it away.",
  cross: "Arrow keys move the cross, Enter uses the tool there.",
};

export const KEYS = {
  Tools: [["H", "Move the map"], ["C", "Cell"], ["B", "Box"], ["L", "Lasso"], ["P", "Corner by corner"], ["R", "Brush"], ["W", "All that is connected"], ["N", "Line"], ["[  ]", "Smaller, larger brush"]],
  Selection: [["1 2 3 4", "New, add, subtract, intersect"], ["Shift", "held while drawing: add"], ["Alt", "held while drawing: subtract"], ["A", "All"], ["I", "Invert"], ["Escape", "Cancel, or select nothing"]],
  Changes: [["Enter", "Apply"], ["O", "Apply at once, on or off"], ["Ctrl C", "Copy"], ["Ctrl V", "Paste"], ["Ctrl Z", "Undo"], ["Ctrl Shift Z", "Redo"], ["Ctrl S", "Save"]],
  View: [["Wheel", "Closer, farther"], ["Space", "held while dragging: move"], ["+  −", "Closer, farther"], ["0", "Whole map"], ["G", "Globe"], ["D", "Difference from the start"], ["Arrows", "Move a cross"], ["Enter", "at the cross: use the tool"], ["?", "This list"]],
};

export const STEPS = {
  internal_oceans: "This step and all that depend on it run again.",
  passage_problems: "This step and all that depend on it run again.",
  sub_basins: "This step and all that depend on it run again.",
};

export const counted = (count, [one, many]) => `${count} ${count === 1 ? one : many}`;
