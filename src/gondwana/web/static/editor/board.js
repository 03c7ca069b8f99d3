// What all parts know: the subject, what is chosen; and how they tell each other.

export const board = {
  subject: null, // what is edited, as the server told it
  tool: "box",
  how: "new",
  only: "all",
  atOnce: false,
  radius: 4, // of the brush, degrees of arc or cells
  shown: "field",
  line: null, // a line that was drawn for a channel or sill
  isPasting: false,
  hasCopied: false,
  cross: null, // place of the keyboard's cross
  mayChange: false,
};

const listeners = new Map();

/** Call a function whenever something is told. */
export function on(name, react) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push(react);
}

export function tell(name, detail) {
  for (const react of listeners.get(name) ?? []) react(detail);
}

/** Set one of the choices and tell everybody. */
export function choose(name, value) {
  if (board[name] === value) return;
  board[name] = value;
  tell(name, value);
}

export const isIndex = () => board.subject?.axes === "index";
