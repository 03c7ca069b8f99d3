// Lines along the edges of cells: the rim of a selection, the coast; and contours between cells.

/** Whether a raster closes around the globe. */
const closes = (raster) => raster.isRound === true;

/**
 * Edges between cells that a test tells apart, merged into straight runs.
 *
 * Returns runs of four numbers each (x0, y0, x1, y1) in columns and rows.
 */
export function runs(raster, isIn) {
  const { rows, columns } = raster, found = [];
  const inside = new Uint8Array(rows * columns);
  for (let at = 0; at < inside.length; at++) inside[at] = isIn(at) ? 1 : 0;
  for (let row = 0; row <= rows; row++) { // horizontal edges, below row
    let begin = -1;
    const low = (row - 1) * columns, high = row * columns;
    for (let column = 0; column <= columns; column++) {
      const below = row > 0 && column < columns ? inside[low + column] : 0;
      const above = row < rows && column < columns ? inside[high + column] : 0;
      const isEdge = below !== above;
      if (isEdge && begin < 0) begin = column;
      if (!isEdge && begin >= 0) { found.push(begin, row, column, row); begin = -1; }
    }
  }
  const around = closes(raster);
  for (let column = 0; column <= columns; column++) { // vertical edges, left of column
    let begin = -1;
    for (let row = 0; row <= rows; row++) {
      let isEdge = false;
      if (row < rows) {
        const at = row * columns;
        const right = column < columns ? inside[at + column] : around ? inside[at] : 0;
        const left = column > 0 ? inside[at + column - 1] : around ? inside[at + columns - 1] : 0;
        isEdge = left !== right;
      }
      if (isEdge && begin < 0) begin = row;
      if (!isEdge && begin >= 0) { found.push(column, begin, column, row); begin = -1; }
    }
  }
  return found;
}

/** A path of runs in the units of the map. */
export function pathOf(raster, found) {
  const path = new Path2D(), wide = raster.dw / raster.columns, high = raster.dh / raster.rows;
  for (let k = 0; k < found.length; k += 4) {
    path.moveTo(raster.x + found[k] * wide, raster.y + found[k + 1] * high);
    path.lineTo(raster.x + found[k + 2] * wide, raster.y + found[k + 3] * high);
  }
  return path;
}

/** Runs joined into lines as long as can be, so that dashes walk along them without a jump. */
export function joined(raster, found) {
  const path = new Path2D(), wide = raster.dw / raster.columns, high = raster.dh / raster.rows;
  const ends = new Map(), used = new Uint8Array(found.length / 4), width = raster.columns + 1;
  const key = (at) => found[at + 1] * width + found[at];
  for (let at = 0; at < found.length; at += 2) {
    const end = key(at);
    if (ends.has(end)) ends.get(end).push(at); else ends.set(end, [at]);
  }
  const point = (at) => [raster.x + found[at] * wide, raster.y + found[at + 1] * high];
  for (let run = 0; run < used.length; run++) {
    if (used[run]) continue;
    used[run] = 1;
    path.moveTo(...point(run * 4));
    let at = run * 4 + 2; // the far end of the last run
    while (at >= 0) {
      path.lineTo(...point(at));
      const next = ends.get(key(at)).find((one) => !used[one >> 2]);
      if (next === undefined) break;
      used[next >> 2] = 1;
      at = next % 4 ? next - 2 : next + 2;
    }
  }
  return path;
}

/** Lines of equal value through the middles of cells, by marching squares. */
export function contours(raster, values, levels) {
  const { rows, columns } = raster, path = new Path2D();
  const wide = raster.dw / columns, high = raster.dh / rows;
  const x = (column) => raster.x + (column + 0.5) * wide, y = (row) => raster.y + (row + 0.5) * high;
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const at = row * columns + column;
      const a = values[at], b = values[at + 1], c = values[at + columns + 1], d = values[at + columns];
      const least = Math.min(a, b, c, d), most = Math.max(a, b, c, d);
      if (!(least < most)) continue; // missing values make comparisons false
      for (const level of levels) if (level > least && level <= most) cross(path, level, [a, b, c, d], column, row, x, y);
    }
  }
  return path;
}

const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

function cross(path, level, corners, column, row, x, y) {
  const points = [];
  for (let k = 0; k < 4; k++) {
    const one = corners[k], other = corners[(k + 1) % 4];
    if ((one >= level) === (other >= level)) continue;
    const share = (level - one) / (other - one), [i0, j0] = CORNERS[k], [i1, j1] = CORNERS[(k + 1) % 4];
    points.push([x(column + i0 + share * (i1 - i0)), y(row + j0 + share * (j1 - j0))]);
  }
  for (let k = 0; k + 1 < points.length; k += 2) {
    path.moveTo(...points[k]);
    path.lineTo(...points[k + 1]);
  }
}

/** Round numbers between two limits, about as many as asked for. */
export function roundLevels(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let level = Math.ceil(low / step) * step; level < high; level += step) found.push(Number(level.toPrecision(12)));
  return found;
}
