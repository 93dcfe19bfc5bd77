// Charts of figures that are not over time: how often, one against the other, and ranges.

function histogram(label, { values, form, marks = [], name, coloured = true, height = 240 }) {
  const known = values.filter((value) => value !== null);
  return frame(label, height, (svg, width, tall) => {
    const x = extent(known, ...marks.map((mark) => mark.value));
    let bins = Math.max(5, Math.min(60, Math.ceil(Math.sqrt(known.length) * 1.5), Math.floor(width / 12)));
    if (x[0] < 0 && x[1] > 0) { // no bar holds both what lost and what won
      const wide = (x[1] - x[0]) / bins, ends = [Math.floor(x[0] / wide), Math.ceil(x[1] / wide)];
      [x[0], x[1], bins] = [ends[0] * wide, ends[1] * wide, ends[1] - ends[0]];
    }
    const counts = new Array(bins).fill(0);
    for (const value of known) counts[Math.min(bins - 1, Math.floor(((value - x[0]) / (x[1] - x[0])) * bins))]++;
    const { across, up, room } = axes(svg, width, tall, { x, y: [0, Math.max(1, ...counts) * 1.12], form: "count", xForm: form, left: 44, xName: name });
    counts.forEach((count, k) => {
      const [from, to] = [x[0] + ((x[1] - x[0]) * k) / bins, x[0] + ((x[1] - x[0]) * (k + 1)) / bins];
      const bar = draw(svg, "rect", { x: across(from) + 0.5, width: Math.max(1, across(to) - across(from) - 1), y: up(count), height: room.bottom - up(count), fill: (from + to) / 2 < 0 && coloured ? "var(--bad)" : "var(--c0)", opacity: 0.75 });
      tipped(bar, () => `${shown(form, from)} to ${shown(form, to)}: ${count.toLocaleString("en-US")}`);
    });
    if (x[0] < 0 && x[1] > 0) draw(svg, "line", { class: "zero", x1: across(0), x2: across(0), y1: room.top, y2: room.bottom });
    marks.forEach((mark, k) => {
      const at = across(mark.value), end = at > (room.left + room.right) / 2;
      draw(svg, "line", { x1: at, x2: at, y1: room.top, y2: room.bottom, stroke: "var(--text)", "stroke-width": 2 });
      draw(draw(svg, "g", { class: "halo" }), "text", { class: "name", x: at + (end ? -6 : 6), y: room.top + 10 + 14 * k, "text-anchor": end ? "end" : "start" }, `${mark.name} ${shown(form, mark.value)}`);
    });
  });
}

function scatter(label, { x, y, xName, yName, xForm = "plain", yForm = "plain", line = null, about = null, diagonal = false, height = 300, tinted = null }) {
  return frame(label, height, (svg, width, tall) => {
    const pad = ([low, high]) => [low - (high - low) * 0.04, high + (high - low) * 0.04];
    const xs = pad(extent(x)), ys = pad(extent(y, 0));
    const { across, up, room } = axes(svg, width, tall, { x: xs, y: ys, form: yForm, xForm, xName, yName });
    if (xs[0] < 0 && xs[1] > 0) draw(svg, "line", { class: "zero", x1: across(0), x2: across(0), y1: room.top, y2: room.bottom });
    x.forEach((value, k) => {
      const dot = draw(svg, "circle", { cx: across(value), cy: up(y[k]), r: x.length > 400 ? 1.8 : 3, opacity: x.length > 400 ? 0.4 : 0.7, fill: (tinted ? tinted(k) : y[k] < 0) ? "var(--bad)" : "var(--c0)" });
      tipped(dot, () => (about ? about(k) : `${xName}: ${shown(xForm, value)}\n${yName}: ${shown(yForm, y[k])}`));
    });
    const ends = (slope, intercept, style) => {
      const at = xs.map((value) => slope * value + intercept);
      const id = `cut${Math.random().toString(36).slice(2)}`;
      draw(draw(svg, "clipPath", { id }), "rect", { x: room.left, y: room.top, width: Math.max(0, room.right - room.left), height: room.bottom - room.top });
      draw(svg, "line", { x1: across(xs[0]), x2: across(xs[1]), y1: up(at[0]), y2: up(at[1]), "clip-path": `url(#${id})`, ...style });
    };
    if (diagonal) ends(1, 0, { stroke: "var(--soft)", "stroke-dasharray": "4 4" });
    if (line) ends(line[0], line[1], { stroke: "var(--text)", "stroke-width": 2 });
  });
}

// Percentiles 5, 25, 50, 75 and 95 of some figures, each on its line of one axis; `real` is what was.
function bands(label, rows, form) {
  return frame(label, 36 + 54 * rows.length, (svg, width, tall) => {
    const x = extent(rows.flatMap((row) => [...row.levels, row.real]), 0);
    const { across, room } = axes(svg, width, tall, { x, y: [0, 1], form: "text", xForm: form, left: 8 });
    svg.querySelectorAll(".gridline, text[text-anchor=end]").forEach((one) => one.remove());
    if (x[0] < 0 && x[1] > 0) draw(svg, "line", { class: "zero", x1: across(0), x2: across(0), y1: room.top, y2: room.bottom });
    rows.forEach((row, k) => {
      const middle = room.top + 34 + 54 * k, [p5, p25, p50, p75, p95] = row.levels;
      draw(svg, "text", { class: "name", x: room.left, y: middle - 16 }, row.name);
      const outer = draw(svg, "rect", { x: across(p5), width: Math.max(1, across(p95) - across(p5)), y: middle - 9, height: 18, rx: 3, fill: "var(--c0)", opacity: 0.25 });
      const inner = draw(svg, "rect", { x: across(p25), width: Math.max(1, across(p75) - across(p25)), y: middle - 9, height: 18, rx: 3, fill: "var(--c0)", opacity: 0.55 });
      draw(svg, "line", { x1: across(p50), x2: across(p50), y1: middle - 9, y2: middle + 9, stroke: "var(--text)", "stroke-width": 2 });
      if (row.real !== null) draw(svg, "path", { d: `M${across(row.real)},${middle - 11}l5,-7h-10z`, fill: "var(--c1)" });
      const text = () => [`5 %: ${shown(form, p5)}`, `25 %: ${shown(form, p25)}`, `half: ${shown(form, p50)}`, `75 %: ${shown(form, p75)}`, `95 %: ${shown(form, p95)}`, `as it was: ${shown(form, row.real)}`].join("\n");
      [outer, inner].forEach((one) => tipped(one, text));
    });
  });
}

function bars(label, names, values, form, about) {
  return frame(label, 200, (svg, width, tall) => {
    const left = 62, step = (width - 12 - left) / names.length;
    const { up, room } = axes(svg, width, tall, { x: [0, 1], y: extent(values, 0), form, xForm: "text", left });
    svg.querySelectorAll("text[text-anchor=middle]").forEach((one) => one.remove());
    const every = Math.ceil(40 / step);
    names.forEach((name, k) => {
      const [top, bottom] = [up(Math.max(0, values[k])), up(Math.min(0, values[k]))];
      const bar = draw(svg, "rect", { x: left + step * k + step * 0.12, width: Math.max(1, step * 0.76), y: top, height: Math.max(1, bottom - top), fill: values[k] < 0 ? "var(--bad)" : "var(--good)", opacity: 0.8 });
      tipped(bar, () => `${name}: ${shown(form, values[k])}\n${about(k)}`);
      if (k % every === 0) draw(svg, "text", { x: left + step * (k + 0.5), y: room.bottom + 16, "text-anchor": "middle" }, name);
    });
  });
}
