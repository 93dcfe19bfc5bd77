// A table that is sorted by its headings and narrowed by words: `sma sharpe>1 fast<=20` means all of these. It holds numbers of rows and
// asks for each cell when it shows it, so that 100,000 rows cost what the shown ones cost.

const FIRST = 200;
const ASKED = /^([\w.]+)(<=|>=|!=|=|<|>)(.+)$/;
const HOLDS = { "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "=": (a, b) => a === b, "!=": (a, b) => a !== b };

// columns: [{ key, name, form, get(row) }]; `allowed(row)` narrows from outside; `picked(row)` is told of a click; `on(row)` marks it.
function dataTable(count, columns, { allowed = () => true, picked = null, on = () => false, search = true, sorted = null, hint = "filter" } = {}) {
  const state = { by: null, down: true, words: "", all: false };
  const body = el("tbody"), said = el("span");
  const more = el("button", { onclick: () => { state.all = !state.all; again(); } });
  const input = el("input", { type: "search", placeholder: hint, "aria-label": "filter rows", oninput: () => { state.words = input.value; again(); } });
  const heads = columns.map((column) => {
    const button = el("button", { onclick: () => { state.down = state.by === column ? !state.down : column.form !== "text"; state.by = column; again(); } }, column.name);
    return el("th", { class: column.form === "text" ? "text" : "", title: column.about || column.name }, button);
  });

  function wanted() {
    const tests = state.words.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      const found = ASKED.exec(word), column = found && columns.find((one) => [one.key, one.name].some((name) => name.toLowerCase() === found[1]));
      if (!column) return (row) => columns.some((one) => one.form === "text" && String(one.get(row) ?? "").toLowerCase().includes(word));
      const value = found[3].endsWith("%") ? parseFloat(found[3]) / 100 : Number(found[3]);
      return (row) => { const own = column.get(row); return own !== null && own !== undefined && HOLDS[found[2]](Number.isNaN(value) ? String(own).toLowerCase() : own, Number.isNaN(value) ? found[3] : value); };
    });
    const rows = [];
    for (let row = 0; row < count; row++) if (allowed(row) && tests.every((test) => test(row))) rows.push(row);
    return rows;
  }

  function again() {
    const rows = wanted(), by = state.by;
    if (by) {
      const sign = state.down ? -1 : 1, none = (value) => value === null || value === undefined;
      rows.sort((a, b) => { const [p, q] = [by.get(a), by.get(b)]; return none(p) || none(q) ? none(p) - none(q) : sign * (p < q ? -1 : p > q ? 1 : 0) || a - b; });
    }
    const some = state.all ? rows : rows.slice(0, FIRST);
    body.replaceChildren(...some.map(line));
    heads.forEach((head, k) => { head.setAttribute("aria-sort", columns[k] === by ? (state.down ? "descending" : "ascending") : "none"); head.firstChild.textContent = columns[k].name + (columns[k] === by ? (state.down ? " ▼" : " ▲") : ""); });
    said.textContent = `${some.length.toLocaleString("en-US")} of ${rows.length.toLocaleString("en-US")} rows${rows.length < count ? ` (${count.toLocaleString("en-US")} without the filter)` : ""}`;
    more.textContent = state.all ? `first ${FIRST}` : `all ${rows.length.toLocaleString("en-US")}`;
    more.hidden = rows.length <= FIRST;
  }

  function line(row) {
    const made = el("tr", { class: `${picked ? "pick" : ""} ${on(row) ? "on" : ""}` }, ...columns.map((column) => {
      const value = column.get(row), negative = typeof value === "number" && value < 0 && column.form === "money";
      return el("td", { class: (column.wide ? "wide" : column.form === "text" ? "text" : "") + (negative ? " neg" : "") }, shown(column.form, value));
    }));
    if (picked) made.onclick = () => { picked(row); again(); };
    return made;
  }

  if (sorted) { state.by = columns.find((column) => column.key === sorted) || null; }
  again();
  const made = el("div", {}, search || count > FIRST ? el("div", { class: "controls" }, search ? input : null, said, more) : null, el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), body)));
  return Object.assign(made, { again });
}

// Rows of plain objects, every key a column: for what is short and has no figures of its own here.
function plainTable(rows, forms = {}) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = keys.map((key) => ({ key, name: key.replaceAll("_", " "), form: forms[key] || (rows.some((row) => typeof row[key] === "string") ? "text" : "plain"), get: (row) => rows[row][key] }));
  return dataTable(rows.length, columns, { search: rows.length > 12 });
}

const statements = (rows) => el("div", { class: "statements" }, el("table", {}, el("tbody", {}, ...rows.map(([name, value, remark]) => el("tr", {}, el("td", { class: "text" }, name), el("td", {}, value), el("td", { class: "wide" }, remark))))));
