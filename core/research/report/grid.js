// Two parameters against each other: each cell is the best of what was tried there, and the plateau around the best is outlined.

const MOST_STEPS = 40;
const KEPT = 0.5;

// The values of a parameter as places on an axis; many numbers share places.
function places(param) {
  const used = [...new Set(param.at)].filter((k) => k >= 0);
  const numeric = used.every((k) => typeof param.values[k] === "number");
  if (numeric) used.sort((a, b) => param.values[a] - param.values[b]);
  else used.sort((a, b) => a - b);
  const of = new Map();
  if (numeric && used.length > MOST_STEPS) {
    const [low, high] = extent(used.map((k) => param.values[k])), count = 24;
    for (const k of used) of.set(k, Math.min(count - 1, Math.floor(((param.values[k] - low) / (high - low)) * count)));
    return { of, names: Array.from({ length: count }, (_, k) => `≥ ${number(low + ((high - low) * k) / count)}`), ordered: true };
  }
  used.forEach((k, place) => of.set(k, place));
  return { of, names: used.map((k) => String(param.values[k])), ordered: numeric };
}

function bestOf(study, a, b, figure, of) {
  const better = figure.better < 0 ? (p, q) => p < q : (p, q) => p > q, cells = new Map();
  for (let row = 0; row < study.count; row++) {
    const [p, q, value] = [a.of.get(study.params[a.name].at[row]), b ? b.of.get(study.params[b.name].at[row]) : 0, figure.values[row]];
    if (p === undefined || q === undefined || value === null || (of !== "" && of !== study.pair(row))) continue;
    const key = p + q * a.names.length, cell = cells.get(key);
    if (!cell) cells.set(key, { p, q, row, value, tried: 1 });
    else { cell.tried++; if (better(value, cell.value)) Object.assign(cell, { row, value }); }
  }
  return cells;
}

// The cells joined to the best that keep half of its lead over the middle one.
function plateau(cells, wide, figure) {
  const sorted = [...cells.values()].sort((p, q) => figure.better * (q.value - p.value));
  if (sorted.length < 4) return new Set();
  const [best, middle] = [sorted[0].value, sorted[sorted.length >> 1].value], least = middle + KEPT * (best - middle);
  const inside = new Set(), waiting = [sorted[0]];
  while (waiting.length) {
    const cell = waiting.pop();
    if (inside.has(cell.p + cell.q * wide) || figure.better * (cell.value - least) < 0) continue;
    inside.add(cell.p + cell.q * wide);
    for (const [dp, dq] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const next = cell.p + dp < 0 || cell.p + dp >= wide ? undefined : cells.get(cell.p + dp + (cell.q + dq) * wide);
      if (next) waiting.push(next);
    }
  }
  return inside;
}

function heatMap(study, figures, picked) {
  const names = Object.keys(study.params), own = names.filter((name) => study.params[name].at[0] >= 0);
  const chosen = { of: study.several ? study.pair(0) : "", x: own[0] || names[0], y: own[1] || "", figure: figures[0].key };
  const note = el("p", { class: "note" });
  const chart = frame("figure by two parameters", (width) => {
    const tall = chosen.y ? places(study.params[chosen.y]).names.length : 1;
    return 70 + Math.max(60, Math.min(560, tall * Math.max(18, Math.min(44, width / 24))));
  }, (svg, width, tall) => {
    const figure = figures.find((one) => one.key === chosen.figure);
    const a = { name: chosen.x, ...places(study.params[chosen.x]) }, b = chosen.y ? { name: chosen.y, ...places(study.params[chosen.y]) } : null;
    const cells = bestOf(study, a, b, figure, chosen.of), inside = plateau(cells, a.names.length, figure), range = common([...cells.values()].map((cell) => cell.value));
    if (!cells.size) return note.replaceChildren("Nothing was tried of these two together.");
    const left = b ? Math.min(110, 20 + 7 * Math.max(...b.names.map((name) => name.length), 3)) : 12;
    const step = { x: (width - left - 8) / a.names.length, y: (tall - 70) / (b ? b.names.length : 1) };
    const top = 18, at = (cell) => [left + cell.p * step.x, top + ((b ? b.names.length : 1) - 1 - cell.q) * step.y];
    const every = { x: Math.ceil((8 * Math.max(...a.names.map((name) => name.length))) / step.x), y: Math.ceil(14 / step.y) };
    if (b) draw(svg, "text", { class: "name", x: left, y: 11 }, `${b.name} ↑`);
    draw(svg, "text", { class: "name", x: width - 8, y: tall - 16, "text-anchor": "end" }, `${a.name} →`);
    a.names.forEach((name, k) => k % every.x || draw(svg, "text", { x: left + (k + 0.5) * step.x, y: tall - 36, "text-anchor": "middle" }, name));
    if (b) b.names.forEach((name, k) => k % every.y || draw(svg, "text", { x: left - 6, y: top + (b.names.length - k - 0.5) * step.y + 4, "text-anchor": "end" }, name));
    let best = null;
    for (const cell of cells.values()) {
      const [x, y] = at(cell);
      const shape = draw(svg, "rect", { x: x + 0.5, y: y + 0.5, width: Math.max(1, step.x - 1), height: Math.max(1, step.y - 1), fill: colour(cell.value, figure, range) });
      tipped(shape, () => [study.label(cell.row), `${figure.name}: ${shown(figure.form, cell.value)}`, `rank ${cell.row + 1}, ${study.figure("trades").values[cell.row]} trades`, cell.tried > 1 ? `best of ${cell.tried} here` : "", study.neighbours(cell.row)].filter(Boolean).join("\n"));
      shape.addEventListener("click", () => picked(cell.row));
      if (!best || figure.better * (cell.value - best.value) > 0) best = cell;
    }
    for (const cell of cells.values()) {
      const [x, y] = at(cell), joined = (dp, dq) => cell.p + dp >= 0 && cell.p + dp < a.names.length && inside.has(cell.p + dp + (cell.q + dq) * a.names.length);
      if (!inside.has(cell.p + cell.q * a.names.length)) continue;
      const edges = [[0, 1, 0, 0, 1, 0], [0, -1, 0, 1, 1, 1], [-1, 0, 0, 0, 0, 1], [1, 0, 1, 0, 1, 1]].filter(([dp, dq]) => !joined(dp, dq));
      for (const [, , x1, y1, x2, y2] of edges) draw(svg, "line", { x1: x + x1 * step.x, y1: y + y1 * step.y, x2: x + x2 * step.x, y2: y + y2 * step.y, stroke: "var(--text)", "stroke-width": 2, "stroke-linecap": "square", "pointer-events": "none" });
    }
    if (best) { const [x, y] = at(best); draw(svg, "circle", { cx: x + step.x / 2, cy: y + step.y / 2, r: 4, fill: "var(--text)", "pointer-events": "none" }); }
    draw(svg, "text", { x: left, y: tall - 16 }, `colours: ${shown(figure.form, range[0])} … ${shown(figure.form, range[1])}`);
    const joint = [...cells.values()].some((cell) => cell.tried > 1) ? "Each cell is the best of all that was tried there. " : "";
    note.textContent = `${joint}● is the best. ${inside.size > 1 ? `The outline is its plateau: the ${inside.size} cells joined to it that keep half of its lead over the middle cell.` : cells.size > 3 ? "No cell beside it keeps half of its lead over the middle cell: a lone peak." : ""} Blue is better, orange worse${figure.neutral === null ? "" : `; grey is ${shown(figure.form, figure.neutral)}`}. A click shows that trial's equity.`;
  });
  const choice = (key, options) => el("select", { "aria-label": key, onchange: (event) => { chosen[key] = event.target.value; chart.again(); } }, ...options.map(([value, text]) => el("option", { value, ...(value === chosen[key] ? { selected: "" } : {}) }, text)));
  const pairs = study.several ? [...new Set(Array.from({ length: study.count }, (_, row) => study.pair(row)))] : [];
  const whose = pairs.length ? ["of", choice("of", [...pairs.map((pair) => [pair, pair]), ["", "(all)"]])] : [];
  const controls = el("div", { class: "controls" }, ...whose, "across", choice("x", names.map((name) => [name, name])), "up", choice("y", [...names.map((name) => [name, name]), ["", "(nothing)"]]), "figure", choice("figure", figures.map((one) => [one.key, one.name])));
  return el("div", {}, controls, chart, note);
}
