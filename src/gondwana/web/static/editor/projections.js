// Projections of the globe, both ways, as in gondwana.maps.projections (Snyder 1987).

import { wrapped } from "./dom.js";

const DEGREES = 180 / Math.PI, ROOT2 = Math.SQRT2, ROUNDS = 30, ENOUGH = 1e-9, HALF = 90;

const inverses = {
  mollweide(x, y, centre) {
    const sine = y / ROOT2;
    if (Math.abs(sine) > 1) return null;
    const theta = Math.asin(sine), away = (Math.PI * x) / (2 * ROOT2 * Math.max(Math.cos(theta), ENOUGH));
    if (Math.abs(away) > Math.PI) return null;
    return [wrapped(away * DEGREES + centre), Math.asin((2 * theta + Math.sin(2 * theta)) / Math.PI) * DEGREES];
  },
  north: (x, y, centre) => polar(x, y, centre, 1),
  south: (x, y, centre) => polar(x, y, centre, -1),
  plate_carree: (x, y, centre) => (Math.abs(y) <= HALF && Math.abs(x - centre) <= 180 ? [wrapped(x), y] : null),
};

const forwards = {
  mollweide(lon, lat, centre) {
    const sine = Math.PI * Math.sin(lat / DEGREES);
    let theta = lat / DEGREES;
    for (let k = 0; k < ROUNDS && Math.abs(lat) < HALF - ENOUGH; k++) {
      const step = (2 * theta + Math.sin(2 * theta) - sine) / (2 + 2 * Math.cos(2 * theta) || ENOUGH);
      theta -= step;
      if (Math.abs(step) < ENOUGH) break;
    }
    const away = wrapped(lon - centre) / DEGREES;
    return [((2 * ROOT2) / Math.PI) * away * Math.cos(theta), ROOT2 * Math.sin(theta)];
  },
  north: (lon, lat, centre) => fromPole(lon, lat, centre, 1),
  south: (lon, lat, centre) => fromPole(lon, lat, centre, -1),
  plate_carree: (lon, lat, centre) => [wrapped(lon - centre) + centre, lat],
};

function polar(x, y, centre, side) {
  const radius = Math.hypot(x, y);
  if (radius > 2) return null;
  return [wrapped(Math.atan2(x, -side * y) * DEGREES + centre), side * (HALF - 2 * Math.asin(radius / 2) * DEGREES)];
}

function fromPole(lon, lat, centre, side) {
  const radius = 2 * Math.sin((HALF - side * lat) / 2 / DEGREES), angle = (lon - centre) / DEGREES;
  return [radius * Math.sin(angle), -side * radius * Math.cos(angle)];
}

/** Longitude and latitude of a place of a projection; null outside of the globe. */
export const inverse = (name, x, y, centre) => inverses[name](x, y, centre);

/** Place of a longitude and latitude in a projection. */
export const forward = (name, lon, lat, centre) => forwards[name](lon, lat, centre);

/** A small circle around a place: its points in degrees, longitudes running on from the middle. */
export function circle(lon, lat, radius, count = 48) {
  const away = radius / DEGREES, phi = lat / DEGREES, points = [];
  for (let k = 0; k <= count; k++) {
    const bearing = (2 * Math.PI * k) / count;
    const north = Math.asin(Math.min(1, Math.max(-1, Math.sin(phi) * Math.cos(away) + Math.cos(phi) * Math.sin(away) * Math.cos(bearing))));
    const east = Math.atan2(Math.sin(bearing) * Math.sin(away) * Math.cos(phi), Math.cos(away) - Math.sin(phi) * Math.sin(north));
    points.push([lon + east * DEGREES, north * DEGREES]);
  }
  return points;
}
