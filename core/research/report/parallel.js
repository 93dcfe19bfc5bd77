// Parallel coordinates: a line a trial through all it was made of and all it came to. Dragging along an axis keeps the lines that pass there.

const MOST_LINES = 2000;

function parallel(study, figures, changed) {
  const brushes = new Map();
  let tint = figures[0];
  const dims = [
    ...(study.strategies.length > 1 ? [{ name: "strategy", names: study.strategies, get: (row) => study.strategy[row] }] : []),
    ...(study.symbols.length > 1 ? [{ name: "symbol", names: study.symbols, get: (row) => study.symbol[row] }] : []),
    ...Object.entries(study.params).map(([name, param]) => {
      const { of, names, ordered } = places(param), numeric = ordered && param.values.every((value) => typeof value === "number");
      return numeric ? { name, form: "plain", get: (row) => param.values[param.at[row]] ?? null } : { name, names, get: (row) => of.get(param.at[row]) ?? null };
    }),
    ...figures.map((figure) => ({ name: figure.name, form: figure.form, get: (row) => figure.values[row] })),
  ];
  const rows = study.count <= MOST_LINES ? [...Array(study.count).keys()] : [...new Set([...Array(MOST_LINES / 2).keys(), ...Array.from({ length: MOST_LINES / 2 }, (_, k) => Math.floor((k * study.count) / (MOST_LINES / 2)))])];
  for (const dim of dims) dim.range = extent(Array.from({ length: study.count }, (_, row) => dim.get(row)));
  const allowed = (row) => [...brushes].every(([dim, [low, high]]) => { const value = dim.get(row); return value !== null && value >= low && value <= high; });

  const chart = frame("parallel coordinates", (width) => (width < 560 ? dims.length * 64 + 20 : 330), (svg, width, tall) => {
    // Side by side where there is room, one below the other on a narrow page.
    const lying = width < 560, first = lying ? 26 : 40, last = lying ? tall - 24 : width - 50;
    const place = dims.map((_, k) => first + (k * (last - first)) / Math.max(1, dims.length - 1));
    const ends = lying ? [16, width - 16] : [tall - 26, 34];
    const scales = dims.map((dim) => scale(...dim.range, ...ends));
    const lines = draw(svg, "g"), range = common(tint.values);
    const point = (row, k) => { const value = dims[k].get(row); return value === null ? null : lying ? [scales[k](value), place[k]] : [place[k], scales[k](value)]; };
    const paths = [...rows].reverse().map((row) => {
      const points = dims.map((_, k) => point(row, k)).filter(Boolean);
      const shape = draw(lines, "path", { d: `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`, fill: "none", stroke: row ? colour(tint.values[row], tint, range) : "var(--text)", "stroke-width": row ? 1.2 : 2.5 });
      tipped(shape, () => `#${row + 1} ${study.label(row)}\n${tint.name}: ${shown(tint.form, tint.values[row])}`);
      return [row, shape];
    });
    const dim = () => paths.forEach(([row, shape]) => shape.setAttribute("opacity", allowed(row) ? (row ? Math.max(0.35, Math.min(0.8, 60 / rows.length)) : 1) : 0.03));
    dims.forEach((one, k) => axis(svg, one, scales[k], place[k], ends, lying, dim));
    dim();
  });

  function axis(parent, dim, along, place, ends, lying, dimmed) {
    const svg = draw(parent, "g", { class: "halo" }), line = lying ? { x1: ends[0], x2: ends[1], y1: place, y2: place } : { x1: place, x2: place, y1: ends[0], y2: ends[1] };
    draw(svg, "line", { class: "cross", ...line });
    const word = (value) => (dim.names ? dim.names[value] : shown(dim.form, value));
    const text = lying ? { x: ends[0], y: place - 8 } : { x: place, y: 14, "text-anchor": "middle" };
    draw(svg, "text", { class: "name", ...text }, dim.name);
    const few = dim.names && dim.names.length <= 8 ? dim.names.map((_, k) => k) : dim.range;
    for (const value of dim.names ? few.map(Math.round) : dim.range) {
      if (dim.names && !dim.names[value]) continue;
      const at = lying ? { x: along(value), y: place + 13, "text-anchor": value === few[0] ? "start" : "end" } : { x: place, y: along(value) + (value === dim.range[0] ? 14 : -5), "text-anchor": "middle" };
      draw(svg, "text", at, word(value));
    }
    const band = draw(svg, "rect", { class: "band", ...(lying ? { y: place - 8, height: 16 } : { x: place - 9, width: 18 }) });
    const grip = draw(svg, "rect", { fill: "transparent", "pointer-events": "all", cursor: "crosshair", ...(lying ? { x: 0, width: ends[1] + 16, y: place - 12, height: 24 } : { x: place - 14, width: 28, y: 20, height: ends[0] - 4 }) });
    if (lying) grip.style.touchAction = "pan-y";
    const show = () => {
      const brush = brushes.get(dim), [from, to] = brush ? [along(brush[0]), along(brush[1])].sort((p, q) => p - q) : [0, 0];
      band.setAttribute(lying ? "x" : "y", from);
      band.setAttribute(lying ? "width" : "height", to - from);
    };
    const at = (event) => { const box = parent.getBoundingClientRect(), whole = parent.viewBox.baseVal; return lying ? ((event.clientX - box.left) * whole.width) / box.width : ((event.clientY - box.top) * whole.height) / box.height; };
    let from = null;
    grip.addEventListener("pointerdown", (event) => { from = at(event); grip.setPointerCapture(event.pointerId); });
    grip.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(at(event) - from) < 4) return;
      brushes.set(dim, [along.back(from), along.back(at(event))].sort((p, q) => p - q));
      show();
      dimmed();
    });
    grip.addEventListener("pointerup", (event) => { if (from !== null && Math.abs(at(event) - from) < 4) brushes.delete(dim); from = null; show(); dimmed(); changed(); });
    show();
  }

  const pick = el("select", { "aria-label": "colour", onchange: (event) => { tint = figures.find((one) => one.key === event.target.value); chart.again(); } }, ...figures.map((one) => el("option", { value: one.key }, one.name)));
  const clear = el("button", { onclick: () => { brushes.clear(); chart.again(); changed(); } }, "show all");
  const made = el("div", {}, el("div", { class: "controls" }, "colour", pick, clear), chart);
  return Object.assign(made, { allowed, cut: rows.length < study.count ? rows.length : 0 });
}
