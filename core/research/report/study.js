// The page of a study.

const SHOWN_CURVES = 5;

function readStudy(data) {
  const several = data.strategies.length > 1 || data.symbols.length > 1;
  const params = (row) => Object.entries(data.params).filter(([, param]) => param.at[row] >= 0).map(([name, param]) => `${name}=${param.values[param.at[row]]}`).join(" ");
  const pair = (row) => `${data.strategies[data.strategy[row]]} ${data.symbols[data.symbol[row]]}`;
  const who = (row) => (several ? `${pair(row)} ` : "");
  const figure = (key) => data.figures.find((one) => one.key === key) || { values: [] };
  const neighbours = (row) => { const value = figure("plateau").values[row]; return value === null || value === undefined ? "" : `its neighbours make ${shown("share", value)} of it`; };
  return { ...data, several, pair, label: (row) => (who(row) + params(row)).trim() || "as given", figure, neighbours };
}

function studyPage(page, data) {
  const study = readStudy(data);
  page.append(el("header", {}, el("h1", {}, data.title), el("p", { class: "lead" }, data.lead)), facts(data.facts), verdictBox(data.verdict));
  if (study.count) ranked(page, study);
  if (data.degradation) page.append(degradation(data));
  for (const one of data.validations) page.append(validation(one));
  if (data.monte_carlo) page.append(chances(data));
  if (data.failed_total) page.append(failures(data));
  page.append(rests(data));
}

const facts = (rows) => el("div", { class: "facts" }, ...rows.map(([name, value]) => el("div", {}, el("b", {}, value), el("span", {}, name))));

function verdictBox(verdict) {
  const gauge = (name, value, words, marks, towards) => {
    if (value === null) return el("div", { class: "gauge" }, el("span", {}, `${name}: `), el("b", {}, "–"), el("p", { class: "note" }, words));
    const needle = el("i"), bar = el("div", { class: "bar" }, needle);
    needle.style.left = `${100 * value}%`;
    const [first, second] = marks.map((mark) => `${100 * mark}%`), [from, to] = towards > 0 ? ["--bad", "--good"] : ["--good", "--bad"];
    bar.style.background = `linear-gradient(90deg, var(${from}) ${first}, var(--mid) ${first}, var(--mid) ${second}, var(${to}) ${second})`;
    return el("div", { class: "gauge" }, el("span", {}, `${name}: `), el("b", {}, shown("share", value)), bar, el("p", { class: "note" }, words));
  };
  return el("section", { class: `card verdict ${verdict.word || ""}` },
    el("div", { class: "word" }, verdict.word || "no verdict"), el("p", {}, verdict.means),
    el("div", { class: "gauges" }, gauge("Probability of overfitting (PBO)", verdict.pbo, verdict.pbo_words, verdict.pbo_marks, -1), gauge("Deflated Sharpe of the best", verdict.deflated, verdict.deflated_words, verdict.deflated_marks, 1)),
    ...verdict.lines.map((line) => el("p", {}, line)));
}

function ranked(page, study) {
  const drawn = new Set([...Array(Math.min(SHOWN_CURVES, study.curves.rows.length)).keys()]), shared = span();
  const main = study.figures[0];
  let table = null;
  const turn = (row) => { if (row >= study.curves.rows.length) return; drawn.has(row) ? drawn.delete(row) : drawn.add(row); curve.again(); if (table) table.again(); };
  const names = Object.keys(study.params);
  const best = (keys) => keys.map((key) => study.figures.find((one) => one.key === key)).filter(Boolean);

  const curve = lineChart("equity of trials", shared, { height: 280, lines: () => [...drawn].sort((a, b) => a - b).map((row, k) => {
    const edges = study.curves.edges[study.symbol[row]];
    return { name: `#${row + 1} ${study.label(row)}`, x: edges, y: study.curves.rows[row], colour: `var(--c${k % 6})` };
  }) });
  page.append(card("Equity", `The best ${drawn.size} of the ranking, at the end of each period, in quote currency. Drag to zoom, double-click for all; a click on a row of the table or a cell of the map adds a trial or takes it away${study.curves.rows.length < study.count ? ` (of the first ${study.curves.rows.length.toLocaleString("en-US")})` : ""}.`, curve));

  if (names.length) page.append(card("Map of parameters", null, heatMap(study, study.figures, turn)));
  if (names.length || study.several) {
    const wanted = best([...new Set([main.key, "net_pnl", "max_drawdown", "trades"])]);
    const lines = parallel(study, wanted, () => table.again());
    page.append(card("All trials at once", `A line a trial, the best in the colour of text. Drag along an axis to keep what passes there: the table follows; a click on the axis lets go.${lines.cut ? ` Drawn: ${lines.cut.toLocaleString("en-US")} of ${study.count.toLocaleString("en-US")}, the best half of them from the top of the ranking.` : ""}`, lines));
    table = ranking(study, drawn, turn, lines.allowed);
  } else table = ranking(study, drawn, turn, () => true);
  page.append(card("Ranking", "Click a heading to sort, a row to draw its equity. The filter takes words and comparisons.", table));

  const top = main.values[0];
  page.append(card(`How the trials did: ${main.name}`, "How many of the trials came to how much. A best that stands far off the rest was looked for; the verdict says whether it can be believed.", histogram(`distribution of ${main.name}`, { values: main.values, form: main.form, name: main.name, coloured: main.neutral === 0, marks: top === null ? [] : [{ name: "best", value: top }] })));
}

function ranking(study, drawn, turn, allowed) {
  const columns = [
    { key: "#", name: "#", form: "count", get: (row) => row + 1 },
    ...(study.strategies.length > 1 ? [{ key: "strategy", name: "strategy", form: "text", get: (row) => study.strategies[study.strategy[row]] }] : []),
    ...(study.symbols.length > 1 ? [{ key: "symbol", name: "symbol", form: "text", get: (row) => study.symbols[study.symbol[row]] }] : []),
    ...Object.entries(study.params).map(([name, param]) => ({ key: name, name, form: param.values.every((value) => typeof value === "number") ? "plain" : "text", get: (row) => param.values[param.at[row]] ?? null })),
    ...study.figures.map((figure) => ({ key: figure.key, name: figure.name, form: figure.form, about: figure.about, get: (row) => figure.values[row] })),
  ];
  return dataTable(study.count, columns, { allowed, picked: turn, on: (row) => drawn.has(row), hint: `filter: ${[...Object.keys(study.params).slice(0, 1).map((name) => `${name}>=10`), "trades>100", "net_pnl>0"].join(" ")}` });
}

function degradation(data) {
  const { inside, outside, slope, intercept, loss, combinations } = data.degradation;
  const words = `Each dot is one way to put half of the periods together: the trial that was best on it, and how that one did on the other half (Sharpe of a period). ${shown("count", combinations)} ways${inside.length < combinations ? `, ${shown("count", inside.length)} of them drawn` : ""}; in ${shown("share", loss)} the best lost money on the other half. The dashed line is where nothing is lost by choosing${slope === null ? "" : "; the solid one is what is kept"}.`;
  return card("What the best keeps out of sample", words, scatter("Sharpe in sample against out of sample", { x: inside, y: outside, xName: "Sharpe in sample →", yName: "out of sample ↑", line: slope === null ? null : [slope, intercept], diagonal: true }));
}

function validation(one) {
  const folds = one.folds, all = extent(folds.flatMap((fold) => [...fold.train, ...fold.test]));
  const chart = frame("folds in time", 30 + 34 * folds.length, (svg, width, tall) => {
    const { across, room } = axes(svg, width, tall, { x: all, y: [0, 1], time: true, left: 24 });
    svg.querySelectorAll(".gridline, text[text-anchor=end]").forEach((line) => line.remove());
    folds.forEach((fold, k) => {
      const y = room.top + 4 + k * 34, text = () => `fold ${k + 1}: ${fold.chosen}\ntrained ${when(fold.train[0])} to ${when(fold.train[1])}: ${shown("money", fold.train_pnl)}\ntested ${when(fold.test[0])} to ${when(fold.test[1])}: ${shown("money", fold.test_pnl)}`;
      draw(svg, "text", { class: "name", x: 4, y: y + 17 }, String(k + 1));
      for (const [part, style, inset] of [["train", { fill: "var(--mid)" }, 4], ["test", { fill: fold.test_pnl < 0 ? "var(--bad)" : "var(--good)" }, 0]]) {
        const [from, to] = fold[part];
        tipped(draw(svg, "rect", { x: across(from), width: Math.max(2, across(to) - across(from)), y: y + inset, height: 26 - 2 * inset, rx: 2, ...style }), text);
      }
    });
  });
  const pairs = frame("train against test, P&L a day", 210, (svg, width, tall) => {
    const values = folds.flatMap((fold) => [fold.train_day, fold.test_day]), step = (width - 74) / folds.length;
    const { up, room } = axes(svg, width, tall, { x: [0, 1], y: extent(values, 0), form: "plain", xForm: "text" });
    svg.querySelectorAll("text[text-anchor=middle]").forEach((text) => text.remove());
    folds.forEach((fold, k) => [fold.train_day, fold.test_day].forEach((value, side) => {
      const [top, bottom] = [up(Math.max(0, value)), up(Math.min(0, value))], x = 62 + step * k + step * (0.16 + 0.34 * side);
      tipped(draw(svg, "rect", { x, width: step * 0.32, y: top, height: Math.max(1, bottom - top), fill: side ? (value < 0 ? "var(--bad)" : "var(--good)") : "var(--soft)", opacity: side ? 1 : 0.45 }), () => `fold ${k + 1}, ${side ? "test" : "train"}: ${shown("money", value)} a day`);
      if (side) draw(svg, "text", { x: 62 + step * (k + 0.5), y: room.bottom + 16, "text-anchor": "middle" }, String(k + 1));
    }));
  });
  const columns = [
    ["fold", "count", (fold, k) => k + 1], ["chosen", "text", (fold) => fold.chosen], ["train P&L", "money", (fold) => fold.train_pnl], ["test P&L", "money", (fold) => fold.test_pnl],
    ["train Sharpe", "plain", (fold) => fold.train_sharpe], ["test Sharpe", "plain", (fold) => fold.test_sharpe], ["trades", "count", (fold) => fold.trades],
  ].map(([name, form, get]) => ({ key: name, name, form, get: (row) => get(folds[row], row) }));
  return card(`Out of sample: ${one.way} (${one.symbol})`, one.words, el("div", { class: "pair" },
    el("div", {}, el("p", { class: "note" }, "Chosen on the grey part, judged on the coloured one: blue won, orange lost."), chart),
    el("div", {}, el("p", { class: "note" }, "P&L a day of each fold: in training grey, in the test coloured."), pairs)), dataTable(folds.length, columns, { search: false }));
}

function chances(data) {
  const parts = [];
  const real = (key) => data.figures.find((one) => one.key === key)?.values[0] ?? null;
  for (const part of data.monte_carlo) {
    parts.push(el("p", { class: "note" }, part.words), bands(part.words, [{ name: "net P&L", levels: part.net_pnl, real: real("net_pnl") }, { name: "max drawdown", levels: part.max_drawdown, real: real("max_drawdown") }], "plain"));
  }
  return card("What else might have come of the best", "Light: 5 % to 95 % of the paths; dark: 25 % to 75 %; line: the middle; ▼ as it was. Quote currency.", ...parts);
}

function failures(data) {
  const columns = ["strategy", "symbol", "params", "error"].map((key) => ({ key, name: key, form: "text", wide: key === "error", get: (row) => data.failed[row][key] }));
  const note = data.failed_total > data.failed.length ? `${shown("count", data.failed_total)} failed; the first ${data.failed.length} of them.` : null;
  return card(`Failed trials: ${shown("count", data.failed_total)}`, note, dataTable(data.failed.length, columns));
}

function rests(data) {
  return card("What it rests on", null, statements(data.assumptions), ...data.notes.map((note) => el("p", { class: "note" }, `note: ${note}`)));
}
