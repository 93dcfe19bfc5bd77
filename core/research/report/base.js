// What every chart stands on: elements, figures as text, scales, the tip, and a frame that draws again when its width changes.
// Text from the data only ever becomes text: nothing here makes HTML of a string.

function el(tag, about = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) name.startsWith("on") ? (made[name] = value) : made.setAttribute(name, value);
  made.append(...inside.filter((one) => one !== null && one !== undefined));
  return made;
}

function draw(parent, tag, about = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(about)) name === "fill" || name === "stroke" ? (made.style[name] = value) : made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  parent.append(made);
  return made;
}

const card = (title, note, ...inside) => el("section", { class: "card" }, el("h2", {}, title), note ? el("p", { class: "note" }, note) : null, ...inside);

function number(value, most = 2) {
  const size = Math.abs(value);
  const digits = size >= 10000 ? 0 : size >= 1 || size === 0 ? most : Math.min(8, most + Math.ceil(-Math.log10(size)));
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
const fixed = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const FORMS = {
  money: (value) => (value > 0 ? "+" : "") + (Math.abs(value) >= 0.01 && Math.abs(value) < 10000 ? fixed(value, 2) : number(value)),
  plain: (value) => (Number.isInteger(value) || Math.abs(value) < 1 || Math.abs(value) >= 10000 ? number(value) : fixed(value, 2)),
  price: (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 9 }),
  tick: (value) => number(value),
  count: (value) => value.toLocaleString("en-US"),
  share: (value) => `${fixed(100 * value, 1)} %`,
  percent: (value) => `${fixed(value, 2)} %`,
  span: (value) => (value >= 172800e3 ? `${number(value / 86400e3, 1)} d` : value >= 7200e3 ? `${number(value / 3600e3, 1)} h` : value >= 120e3 ? `${number(value / 60e3, 1)} min` : `${number(value / 1e3, 1)} s`),
  time: (value) => when(value),
  text: (value) => String(value),
};
const shown = (form, value) => (value === null || value === undefined ? "–" : typeof value === "number" ? FORMS[form](value) : String(value));
const when = (ms, short = false) => new Date(ms).toISOString().replace("T", " ").slice(0, short ? 10 : 16);

const scale = (low, high, from, to) => Object.assign((value) => from + ((value - low) / (high - low || 1)) * (to - from), { back: (at) => low + ((at - from) / (to - from || 1)) * (high - low) });

function extent(values, ...more) {
  let low = Infinity, high = -Infinity;
  for (const one of [values, more]) for (const value of one) if (value !== null && value !== undefined) { if (value < low) low = value; if (value > high) high = value; }
  if (low > high) return [0, 1];
  return low === high ? [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1] : [low, high];
}

function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((one) => one >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step || 0); // never -0
  return found;
}

const DAY = 86400e3;
const STEPS = [60e3, 300e3, 900e3, 3600e3, 3 * 3600e3, 6 * 3600e3, 12 * 3600e3, DAY, 2 * DAY, 5 * DAY, 10 * DAY, 30 * DAY, 91 * DAY, 182 * DAY, 365 * DAY, 730 * DAY];
function timeTicks(low, high, count) {
  const step = STEPS.find((one) => (high - low) / one <= count) || (high - low) / count;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push([at, step < DAY ? when(at).slice(at % DAY ? 11 : 5, at % DAY ? 16 : 10) : when(at, true).slice(high - low > 400 * DAY ? 0 : 5, high - low > 400 * DAY ? 7 : 10)]);
  return found;
}

// The span that colours tell apart: a few values far off are not worth all the colours there are.
function common(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return sorted.length ? extent([at(0.05), at(0.95)]) : [0, 1];
}

// A colour for a figure: the better the more of the one, the worse the more of the other; both follow the theme.
function colour(value, figure, [low, high]) {
  if (value === null || value === undefined) return "transparent";
  const sign = figure.better < 0 ? -1 : 1;
  let t;
  if (figure.neutral === null) t = sign * (2 * ((value - low) / (high - low || 1)) - 1);
  else t = (sign * (value - figure.neutral)) / (Math.max(Math.abs(low - figure.neutral), Math.abs(high - figure.neutral)) || 1);
  t = Math.max(-1, Math.min(1, t));
  return `color-mix(in oklab, var(${t < 0 ? "--bad" : "--good"}) ${Math.round(Math.abs(t) * 100)}%, var(--mid))`;
}

const tip = {
  show(event, text) {
    const box = document.getElementById("tip");
    box.textContent = text;
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    box.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
  },
  hide() { document.getElementById("tip").hidden = true; },
};
function tipped(shape, text) {
  shape.addEventListener("pointermove", (event) => tip.show(event, text()));
  shape.addEventListener("pointerleave", tip.hide);
  return shape;
}

// A place for one chart: `paint(svg, width, height)` is called at once it has a width, and again when that changes.
function frame(label, height, paint) {
  const host = el("div", { class: "chart" });
  let width = 0;
  const again = () => {
    if (!width) return;
    const tall = typeof height === "function" ? height(width) : height;
    const svg = draw(host, "svg", { viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": label });
    host.replaceChildren(svg);
    paint(svg, width, tall);
  };
  new ResizeObserver(([entry]) => {
    const wide = Math.round(entry.contentRect.width);
    if (wide !== width) { width = wide; again(); }
  }).observe(host);
  return Object.assign(host, { again });
}

// Lines and words of both axes; gives the two scales and the room inside.
function axes(svg, width, height, { x, y, form = "plain", xForm = "plain", time = false, left = 62, bottom = 22, xName = "", yName = "" }) {
  const ruled = (one) => (one === "money" || one === "plain" ? "tick" : one);
  const room = { left, right: width - 12, top: yName ? 20 : 8, bottom: height - bottom - (xName ? 16 : 0) };
  const across = scale(x[0], x[1], room.left, room.right), up = scale(y[0], y[1], room.bottom, room.top);
  for (const value of ticks(y[0], y[1], Math.max(2, (room.bottom - room.top) / 45))) {
    draw(svg, "line", { class: "gridline", x1: room.left, x2: room.right, y1: up(value), y2: up(value) });
    draw(svg, "text", { x: room.left - 6, y: up(value) + 4, "text-anchor": "end" }, shown(ruled(form), value));
  }
  const count = Math.max(2, (room.right - room.left) / 85);
  const words = time ? timeTicks(x[0], x[1], count) : ticks(x[0], x[1], count).map((value) => [value, shown(ruled(xForm), value)]);
  for (const [value, text] of words) draw(svg, "text", { x: across(value), y: room.bottom + 16, "text-anchor": "middle" }, text);
  draw(svg, "line", { class: "axis", x1: room.left, x2: room.right, y1: room.bottom, y2: room.bottom });
  if (y[0] < 0 && y[1] > 0) draw(svg, "line", { class: "zero", x1: room.left, x2: room.right, y1: up(0), y2: up(0) });
  if (xName) draw(svg, "text", { x: (room.left + room.right) / 2, y: height - 4, "text-anchor": "middle" }, xName);
  if (yName) draw(svg, "text", { x: room.left, y: 11, class: "unit" }, yName);
  return { across, up, room };
}
