// The part of the viewer that waits for nobody: colours, the value under the pointer, the line.
window.gondwana = (() => {
  const MISSING = "#00000000", NEAR = 5, FINE = 1400, LAND = 0.6, DEGREES = 180 / Math.PI, ROOT2 = Math.SQRT2;
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  let doc, map, whole, detail, ends, here, even, logs, profile, widgets, cross = null, last = {};

  const node = (id) => document.getElementById(id);
  const field = () => whole.tags[0];
  const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Colours
  function reliefPalette(colours, low, high) {
    const half = colours.length / 2;
    const sea = Math.max(1, Math.round((FINE * -low) / (high - low))), step = -low / sea;
    const land = Math.max(1, Math.ceil(high / step));
    const found = [];
    for (let k = 0; k < sea; k++) found.push(colours[Math.min(half - 1, Math.floor((half * (k + 0.5)) / sea))]);
    for (let k = 0; k < land; k++) {
      const share = Math.min(1, ((k + 0.5) * step) / high) ** LAND;
      found.push(colours[half + Math.min(half - 1, Math.floor(half * share))]);
    }
    const hair = step * 1e-4; // 0 m itself is sea
    return { palette: found, low: -sea * step + hair, high: land * step + hair };
  }

  function classPalette(legend, scale) {
    const palette = [];
    const known = new Map(legend.entries.map((one) => [one.value, one.colour]));
    for (let value = legend.low; value <= legend.high; value++) {
      palette.push(known.size ? known.get(value) ?? MISSING : scale.palette[(value * 3) % scale.palette.length]);
    }
    return { palette, low: legend.low - 0.5, high: legend.high + 0.5 };
  }

  function number(text) {
    const value = parseFloat(String(text ?? "").trim().replace("−", "-").replace(",", "."));
    return Number.isFinite(value) ? value : null;
  }

  function choices() {
    const value = (name) => { const w = widgets[name]; return w.active ?? w.value; };
    let low = number(value("low")), high = number(value("high"));
    const steps = Math.round(number(value("steps")) ?? 0);
    return {
      colours: value("colours"), reverse: value("reverse") === true, log: value("log") === true,
      symmetric: value("symmetric") === true, low, high, steps: steps >= 2 && steps <= 124 ? steps : 0,
    };
  }

  function look() {
    const { legend, scale } = field(), chosen = choices();
    const plain = !chosen.colours && !chosen.log && !chosen.symmetric && !chosen.steps && !chosen.reverse;
    const limited = chosen.low !== null || chosen.high !== null;
    let low = chosen.low ?? legend.low, high = chosen.high ?? legend.high;
    if (plain && scale.kind === "relief" && low < 0 && high > 0) return { ...reliefPalette(scale.palette, low, high), log: false };
    if (plain && !limited && scale.kind === "classes") return { ...classPalette(legend, scale), log: false, classes: true };
    const log = chosen.log || (legend.log && !chosen.symmetric && !chosen.colours && !limited);
    if (chosen.symmetric) { high = Math.max(Math.abs(low), Math.abs(high)) || 1; low = -high; }
    if (!(low < high)) { if (chosen.low !== null) high = low + 1; else low = high - 1; }
    const is_log = log && !chosen.symmetric && high > 0;
    if (is_log && low <= 0) low = high / 1000;
    const usual = scale.kind === "gradual" ? scale.colours : "batlow";
    let table = whole.tags[1][chosen.colours || (chosen.symmetric ? "vik" : usual)];
    if (chosen.reverse) table = [...table].reverse();
    const count = chosen.steps || 256;
    const palette = Array.from({ length: count }, (_, k) => table[Math.round((k * (table.length - 1)) / (count - 1))]);
    return { palette, low, high, log: is_log };
  }

  function recolour() {
    if (!doc || !field().legend) return;
    const found = look(), mapper = found.log ? logs : even;
    mapper.setv({ palette: found.palette, low: found.low, high: found.high });
    for (const renderer of map.renderers) {
      const of = renderer.glyph.color_mapper;
      if (of) renderer.visible = of === mapper;
    }
    for (const bar of map.below.filter((one) => one.name?.endsWith("bar"))) {
      bar.visible = !found.classes && (bar.name === "log bar") === found.log;
      bar.title = field().unit || null;
    }
    for (const name of ["coast", "graticule"]) {
      map.renderers.find((one) => one.name === name).visible = widgets[name].active === true;
    }
    const list = node("classes");
    list.replaceChildren(...(found.classes ? field().legend.entries : []).map((one) => {
      const item = document.createElement("li"), patch = document.createElement("i");
      patch.style.background = one.colour;
      item.append(patch, String(one.value));
      return item;
    }));
  }

  // Places
  function place(x, y) {
    const { projection, centre } = field();
    if (projection === "none" || projection === undefined) return { lon: x, lat: y };
    if (projection === "plate_carree") return Math.abs(y) <= 90 && Math.abs(x - centre) <= 180 ? { lon: wrapped(x), lat: y } : null;
    if (projection === "mollweide") {
      const sine = y / ROOT2;
      if (Math.abs(sine) > 1) return null;
      const theta = Math.asin(sine), away = (Math.PI * x) / (2 * ROOT2 * Math.max(Math.cos(theta), 1e-9));
      if (Math.abs(away) > Math.PI) return null;
      return { lon: wrapped(away * DEGREES + centre), lat: Math.asin((2 * theta + Math.sin(2 * theta)) / Math.PI) * DEGREES };
    }
    const side = projection === "north" ? 1 : -1, radius = Math.hypot(x, y);
    if (radius > 1) return null;
    return { lon: wrapped(Math.atan2(x, -side * y) * DEGREES + centre), lat: side * (90 - 2 * Math.asin(radius / 2) * DEGREES) };
  }

  function value(source, x, y) {
    const { data } = source;
    if (!data.image?.length) return undefined;
    const image = (data.values ?? data.image)[0], [rows, columns] = image.shape;
    const column = Math.floor(((x - data.x[0]) / data.dw[0]) * columns), row = Math.floor(((y - data.y[0]) / data.dh[0]) * rows);
    return column >= 0 && column < columns && row >= 0 && row < rows ? image[row * columns + column] : undefined;
  }

  const side = (degrees, plus, minus) => `${Math.abs(degrees).toFixed(1)}°${degrees < 0 ? minus : plus}`;

  // The name of a tick: a place on the globe, or the number of a row or column
  function degrees(tick, plus, minus) {
    if (!doc || field().projection === "none") return String(tick);
    const turned = plus === "E" ? wrapped(tick) : tick, size = Math.round(Math.abs(turned) * 1e4) / 1e4;
    return `${size}°${size === 0 || size === 180 ? "" : turned < 0 ? minus : plus}`;
  }

  function tell(x, y) {
    const where = place(x, y), readout = node("readout");
    if (!where) { readout.textContent = "…"; return; }
    const found = value(detail, x, y) ?? value(whole, x, y);
    const amount = found === undefined || Number.isNaN(found) ? "no value"
      : `${found.toLocaleString("en", { maximumSignificantDigits: 6 }).replaceAll(",", "\u202f")} ${field().unit ?? ""}`;
    const told = field().projection === "none" ? `column ${Math.floor(x)}, row ${Math.floor(y)}`
      : `${side(where.lat, "N", "S")} ${side(where.lon, "E", "W")}`;
    readout.textContent = `${told}: ${amount}`;
  }

  // The line
  function set({ x, y, sx = NaN, sy = NaN }) {
    const where = place(x, y);
    // the second of two quick clicks may be at another place, or mean nothing
    if (!where || Math.hypot(sx - last.sx, sy - last.sy) < NEAR) return;
    last = { sx, sy };
    const old = ends.data, again = old.x.length !== 1;
    const grown = (name, more) => (again ? [more] : [old[name][0], more]);
    ends.data = { x: grown("x", x), y: grown("y", y), lon: grown("lon", where.lon), lat: grown("lat", where.lat) };
    line();
  }
  function clear() { last = {}; ends.data = { x: [], y: [], lon: [], lat: [] }; line(); }
  function line() {
    const count = ends.data.x.length;
    node("unline").hidden = !count;
    node("hint").textContent = count === 1 ? "Click the other end." : count ? "" : "Click two places for a profile between them.";
  }

  function pointed(event) {
    if (!doc) return;
    if (event.event_name === "mousemove") tell(event.x, event.y);
    if (event.event_name === "tap" || event.event_name === "doubletap") set(event);
  }

  function zoom(factor) {
    for (const range of [map.x_range, map.y_range]) {
      const middle = (range.start + range.end) / 2, half = ((range.end - range.start) / 2) * factor;
      range.have_updated_interactively = true;
      range.setv({ start: middle - half, end: middle + half });
    }
  }

  function pressed(event) {
    if (event.key in KEYS) {
      const [right, up] = KEYS[event.key], step = (event.shiftKey ? 10 : 1) * (map.x_range.end - map.x_range.start) / 200;
      cross ??= { x: (map.x_range.start + map.x_range.end) / 2, y: (map.y_range.start + map.y_range.end) / 2 };
      cross = { x: cross.x + right * step, y: cross.y + up * step };
      here.data = { x: [cross.x], y: [cross.y] };
      tell(cross.x, cross.y);
    } else if (event.key === "Enter" && cross) set(cross);
    else if (event.key === "Escape") { clear(); cross = null; here.data = { x: [], y: [] }; }
    else if (event.key === "+" || event.key === "=") zoom(0.7);
    else if (event.key === "-") zoom(1 / 0.7);
    else if (event.key === "0") map.reset.emit();
    else return;
    event.preventDefault();
  }

  // Names for those who do not see the widgets, which have none of their own
  function* within(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* within(element.shadowRoot);
    }
  }
  function name() {
    for (const element of within(document.querySelector(".choices"))) {
      const host = element.getRootNode();
      if (element.matches(".noUi-handle")) element.ariaLabel = host.querySelector(".bk-slider-title")?.textContent.split(":")[0] ?? "";
      if (element.matches("input[type=checkbox]")) element.ariaLabel = host.textContent.trim();
    }
  }

  // Light and dark
  function dress() {
    const ink = css("--ink"), quiet = css("--quiet"), rule = css("--rule");
    for (const plot of [map, profile]) {
      for (const axis of [...plot.below, ...plot.left].filter((one) => one.axis_line_color !== undefined)) {
        axis.setv({ major_label_text_color: quiet, axis_label_text_color: quiet, axis_line_color: rule, major_tick_line_color: rule, minor_tick_line_color: null });
      }
      for (const grid of plot.center.filter((one) => one.grid_line_color !== undefined)) grid.grid_line_color = rule;
    }
    for (const bar of map.below.filter((one) => one.name?.endsWith("bar"))) {
      bar.setv({ major_label_text_color: ink, title_text_color: quiet });
    }
  }
  function theme(name) {
    if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
    if (doc) dress();
  }
  theme(new URLSearchParams(location.search).get("theme"));

  // The map keeps its proportions, as large as there is room for
  function fit() {
    const canvas = node("canvas"), { dw, dh } = whole.data, narrow = innerWidth <= 720;
    const others = [...canvas.parentElement.children].filter((one) => one !== canvas);
    const used = others.reduce((sum, one) => sum + (one.dataset.rootId ? (profile.visible ? 200 : 0) : one.offsetHeight + 6), 24);
    const share = Math.min(4, Math.max(0.5, dw[0] / dh[0]));
    const degrees = ["plate_carree", "none", undefined].includes(field().projection);
    const around = degrees ? { x: 64, y: 112 } : { x: 16, y: 88 };
    const wide = Math.max(200, canvas.clientWidth - around.x);
    const high = Math.max(160, (narrow ? 2000 : canvas.parentElement.clientHeight - used) - around.y);
    const width = Math.floor(Math.min(wide, high * share));
    map.setv({ frame_width: width, frame_height: Math.floor(width / share) });
    canvas.style.height = `${Math.floor(width / share) + around.y}px`;
    if (narrow) parent.postMessage({ gondwana: "height", height: document.querySelector("main").offsetHeight }, location.origin);
    for (const bar of map.below.filter((one) => one.name?.endsWith("bar"))) bar.width = Math.min(460, Math.floor(0.85 * width));
  }

  function arrived() {
    const { projection, moved } = field();
    const degrees = projection === "plate_carree" || projection === "none";
    for (const axis of [...map.below, ...map.left].filter((one) => one.axis_line_color !== undefined)) axis.visible = degrees;
    if (moved) { clear(); cross = null; here.data = { x: [], y: [] }; requestAnimationFrame(() => map.reset.emit()); }
    recolour();
    fit();
    setTimeout(name, 300); // when sliders of this field are there
    parent.postMessage({ gondwana: "ready" }, location.origin);
  }

  function begin(found) {
    doc = found;
    map = doc.get_model_by_name("map");
    profile = doc.get_model_by_name("profile");
    const sources = new Map(map.renderers.map((one) => [one.data_source.name, one.data_source]));
    [whole, detail, ends, here] = ["whole", "detail", "ends", "here"].map((name) => sources.get(name));
    [even, logs] = map.tags;
    widgets = {};
    for (const model of doc._all_models.values()) {
      for (const tag of model.tags ?? []) if (typeof tag === "string" && (model.value !== undefined || model.active !== undefined)) widgets[tag] = model;
    }
    whole.properties.data.change.connect(arrived);
    profile.properties.tags.change.connect(() => { if (profile.tags[0]) node("readout").textContent = profile.tags[0]; });
    node("canvas").addEventListener("keydown", pressed);
    node("unline").addEventListener("click", clear);
    addEventListener("resize", fit);
    profile.properties.visible.change.connect(fit);
    dress();
    if (field().legend) arrived();
  }

  addEventListener("message", (event) => {
    if (event.origin === location.origin && event.data?.gondwana === "theme") theme(event.data.theme);
  });
  const waiting = setInterval(() => {
    const found = window.Bokeh?.documents?.find((one) => one.get_model_by_name("map"));
    if (!found || !Object.keys(Bokeh.index ?? {}).length && !Bokeh.index?.size) return;
    clearInterval(waiting);
    begin(found);
  }, 30);

  return { recolour, pointed, degrees };
})();
