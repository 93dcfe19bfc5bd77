// The page of one backtest.

function runPage(page, data) {
  const shared = span(), points = data.curve, x = points.time;
  page.append(el("header", {}, el("h1", {}, data.title), el("p", { class: "lead" }, data.lead)), facts(data.facts));
  if (x.length) {
    page.append(card("Equity", "Marked at every point, in quote currency. Drag to zoom these charts together, double-click for all.", lineChart("equity", shared, { lines: () => [{ name: "equity", x, y: points.equity, colour: "var(--c0)" }], legend: false }),
      el("p", { class: "note" }, "Drawdown: the deepest fall below the peak in each stretch, quote currency."), lineChart("drawdown", shared, { height: 150, fill: true, legend: false, lines: () => [{ name: "drawdown", x, y: points.drawdown.map((value) => -value), colour: "var(--bad)" }] }),
      points.underwater.length ? el("p", { class: "note" }, "Underwater: the same in percent of the peak.") : null, points.underwater.length ? lineChart("underwater", shared, { height: 150, fill: true, form: "percent", legend: false, lines: () => [{ name: "underwater", x, y: points.underwater.map((value) => -value), colour: "var(--c1)" }] }) : null,
      points.held.length ? el("p", { class: "note" }, "Exposure: share of each stretch in which something was held.") : null, points.held.length ? lineChart("exposure", shared, { height: 90, fill: true, form: "share", legend: false, lines: () => [{ name: "held", x, y: points.held, colour: "var(--c2)" }] }) : null));
  }
  page.append(el("div", { class: "columns" }, ...data.blocks.map(([title, rows]) => card(title, null, statements(rows))), rests(data)));
  if (data.trips.length) trades(page, data);
  if (data.signals.length) signals(page, data);
  page.append(el("div", { class: "pair" }, ...Object.entries(data.tables).filter(([, rows]) => rows.length).map(([name, rows]) => grouped(name, rows))));
  page.append(card("Every figure by its key", null, el("details", {}, el("summary", {}, `${data.figures.length} figures, as --json names them`), statements(data.figures.map(([key, value]) => [key, shown("plain", value), ""])))));
}

const TRIP_FORMS = { trade: "count", entry_ms: "time", exit_ms: "time", entry: "price", exit: "price", qty: "price", duration_ms: "span", gross: "money", net: "money", net_pct: "percent", mae_pct: "percent", mfe_pct: "percent", fills: "count" };

function trades(page, data) {
  const trips = data.trips, keys = Object.keys(trips[0]);
  const columns = keys.map((key) => ({ key, name: key.replace(/_ms$/, "").replace("_pct", " %").replaceAll("_", " "), form: TRIP_FORMS[key] || (typeof trips.find((trip) => trip[key] !== null)?.[key] === "string" ? "text" : "plain"), get: (row) => trips[row][key] }));
  const net = trips.map((trip) => trip.net), known = trips.filter((trip) => trip.mae_pct !== null && trip.mae_pct !== undefined && trip.net_pct !== null);
  const some = data.trips_total > trips.length ? `The newest ${shown("count", trips.length)} of ${shown("count", data.trips_total)}. ` : "";
  page.append(el("div", { class: "pair" },
    card("Results of trades", `${some}Net, in quote currency.`, histogram("results of trades", { values: net, form: "money", name: "net a trade", height: 280 })),
    known.length ? card("How far behind before the end", `${some}Worst excursion (MAE) against the result, in percent of the entry.`, scatter("MAE against result", { x: known.map((trip) => trip.mae_pct), y: known.map((trip) => trip.net_pct), xName: "MAE % →", yName: "net % ↑", xForm: "percent", yForm: "percent", height: 280, about: (k) => `trade ${known[k].trade}, ${known[k].side}\nMAE ${shown("percent", known[k].mae_pct)}, net ${shown("percent", known[k].net_pct)}\n${when(known[k].exit_ms)}` })) : null));
  page.append(card("Trades", `${some}Newest first; times are UTC.`, dataTable(trips.length, columns, { sorted: "trade", hint: "filter: net>0 side=long reason=signal" })));
}

function signals(page, data) {
  const rows = data.signals, named = [...new Set(rows.flatMap((row) => row.values.map(([name]) => name)))];
  const known = rows.map((row) => new Map(row.values)), plain = { signal: "count", ts_ms: "time", price: "price", old: "plain", new: "plain", order_id: "text" };
  const names = { ts_ms: "time", old: "target before", new: "target", order_id: "order" };
  const columns = [
    ...Object.entries(plain).map(([key, form]) => ({ key, name: names[key] || key, form, get: (row) => rows[row][key] })),
    ...named.map((name) => ({ key: name, name: name.replaceAll("_", " "), form: "price", get: (row) => known[row].get(name) })),
  ];
  const some = data.signals_total > rows.length ? `The newest ${shown("count", rows.length)} of ${shown("count", data.signals_total)}. ` : "";
  page.append(card("Signals", `${some}Every decision, with the values it rested on at that very moment. Newest first; times are UTC.`, dataTable(rows.length, columns, { sorted: "signal", hint: "filter: target=1 price>100" })));
}

const ENTERED = {
  by_volatility: "Of the trades entered when realised volatility was in that third of all its values of the run before, in quote currency.",
  by_trend: "Of the trades entered after the price had gone that way, in quote currency.",
};

function grouped(name, rows) {
  const title = Object.keys(rows[0])[0], forms = { [title]: "text", trades: "count", win_rate: "share", gross: "money", net: "money", expectancy: "money" };
  const chart = rows.length > 1 && rows.every((row) => typeof row.net === "number") ? bars(`net by ${title}`, rows.map((row) => String(row[title])), rows.map((row) => row.net), "money", (k) => `${rows[k].trades} trades`) : null;
  const parts = [chart, el("details", {}, el("summary", {}, "figures"), plainTable(rows, forms))];
  return card(`Net ${name.replaceAll("_", " ")}`, ENTERED[name] || "Of the trades that ended there, in quote currency.", ...parts.filter(Boolean));
}
