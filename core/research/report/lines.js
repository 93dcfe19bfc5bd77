// Lines over time: read by a crosshair, zoomed by dragging, whole again by a double click. Charts that share a `span` zoom together.

const span = () => ({ zoom: null, charts: [] });

function lineChart(label, shared, { lines, form = "plain", height = 260, fill = false, legend = true }) {
  const key = el("div", { class: "legend" });
  const chart = frame(label, height, (svg, width, tall) => {
    const now = lines();
    const whole = extent(now.flatMap((line) => [line.x[0], line.x[line.x.length - 1]]));
    const [low, high] = shared.zoom || whole;
    const seen = now.map((line) => line.y.filter((_, k) => line.x[k] >= low && line.x[k] <= high));
    const y = extent(seen.flat(), ...(fill ? [0] : []));
    const pad = fill ? 0 : (y[1] - y[0]) * 0.05;
    const { across, up, room } = axes(svg, width, tall, { x: [low, high], y: [y[0] - pad, y[1] + pad], form, time: true });
    const id = `cut${Math.random().toString(36).slice(2)}`;
    draw(draw(svg, "clipPath", { id }), "rect", { x: room.left, y: 0, width: Math.max(0, room.right - room.left), height: tall });
    const inside = draw(svg, "g", { "clip-path": `url(#${id})` });
    now.forEach((line) => {
      const path = line.x.map((x, k) => `${k ? "L" : "M"}${across(x).toFixed(1)},${up(line.y[k]).toFixed(1)}`).join("");
      if (fill) draw(inside, "path", { d: `${path}L${across(line.x[line.x.length - 1])},${up(0)}L${across(line.x[0])},${up(0)}Z`, fill: line.colour, opacity: 0.25 });
      draw(inside, "path", { d: path, fill: "none", stroke: line.colour, "stroke-width": 1.6, "stroke-linejoin": "round" });
    });
    read(svg, now, { across, up, room, form });
    zoomed(svg, room, across, shared, whole);
    key.replaceChildren(...(legend ? now.map((line) => el("span", {}, swatch(line.colour), line.name)) : []));
  });
  shared.charts.push(chart);
  const both = el("div", {}, chart, key);
  return Object.assign(both, { again: chart.again });
}

function swatch(colour) {
  const made = el("i");
  made.style.background = colour;
  return made;
}

function nearest(sorted, value) {
  let low = 0, high = sorted.length - 1;
  while (high - low > 1) { const mid = (low + high) >> 1; sorted[mid] < value ? (low = mid) : (high = mid); }
  return Math.abs(sorted[low] - value) <= Math.abs(sorted[high] - value) ? low : high;
}

function read(svg, lines, { across, up, room, form }) {
  const cross = draw(svg, "line", { class: "cross", y1: room.top, y2: room.bottom, visibility: "hidden" });
  const dots = lines.map((line) => draw(svg, "circle", { r: 3, fill: line.colour, visibility: "hidden" }));
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) * (svg.viewBox.baseVal.width / box.width);
    if (!lines.length || at < room.left || at > room.right) return svg.dispatchEvent(new Event("pointerleave"));
    const rows = lines.map((line) => nearest(line.x, across.back(at)));
    const time = lines[0].x[rows[0]];
    cross.setAttribute("x1", across(time)); cross.setAttribute("x2", across(time)); cross.setAttribute("visibility", "visible");
    dots.forEach((dot, k) => { dot.setAttribute("cx", across(lines[k].x[rows[k]])); dot.setAttribute("cy", up(lines[k].y[rows[k]])); dot.setAttribute("visibility", "visible"); });
    tip.show(event, [`${when(time)} UTC`, ...lines.map((line, k) => `${line.name}: ${shown(form, line.y[rows[k]])}`)].join("\n"));
  });
  svg.addEventListener("pointerleave", () => { tip.hide(); [cross, ...dots].forEach((one) => one.setAttribute("visibility", "hidden")); });
}

function zoomed(svg, room, across, shared, whole) {
  let from = null;
  const mark = draw(svg, "rect", { class: "band", y: room.top, height: Math.max(0, room.bottom - room.top), width: 0 });
  const place = (event) => { const box = svg.getBoundingClientRect(); return Math.max(room.left, Math.min(room.right, (event.clientX - box.left) * (svg.viewBox.baseVal.width / box.width))); };
  const set = (zoom) => { shared.zoom = zoom; shared.charts.forEach((chart) => chart.again()); };
  svg.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && event.button) return; from = place(event); svg.setPointerCapture(event.pointerId); });
  svg.addEventListener("pointermove", (event) => { if (from === null) return; const to = place(event); mark.setAttribute("x", Math.min(from, to)); mark.setAttribute("width", Math.abs(to - from)); });
  svg.addEventListener("pointercancel", () => { from = null; mark.setAttribute("width", 0); });
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const ends = [across.back(Math.min(from, place(event))), across.back(Math.max(from, place(event)))], far = Math.abs(place(event) - from) > 8;
    from = null;
    mark.setAttribute("width", 0);
    if (far && ends[1] - ends[0] > (whole[1] - whole[0]) / 500) set(ends);
  });
  svg.addEventListener("dblclick", () => set(null));
}
