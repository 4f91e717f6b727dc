"use strict";
// Search, filters and series of the page of all reports. Its data are two scripts beside it: a page that was opened from
// a folder cannot fetch JSON. `runsFile` is loaded when the first series is opened.
(() => {
  const byId = (id) => document.getElementById(id);
  const series = window.atelierSeries || [];
  const runs = [...document.querySelectorAll("#runs > li")];
  const filters = ["operation", "backend", "machine"].map((name) => [name, byId(name)]);
  let tab = "runs", items = null;

  for (const [name, select] of filters) {
    const known = new Set([...select.options].map((option) => option.value));
    for (const value of [...new Set(series.map((one) => one[name]))].sort())
      if (!known.has(value)) select.add(new Option(value));
  }
  byId("bar").hidden = byId("tabs").hidden = false;
  byId("tab-runs").textContent = `Runs (${runs.length})`;
  byId("tab-series").textContent = `Series (${series.length})`;

  const element = (name, attributes = {}, text = "") => {
    const isSvg = ["svg", "path", "circle", "line", "rect", "text", "title", "g"].includes(name);
    const made = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };

  const spark = (values) => {
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const middle = (low + high) / 2, range = Math.max(high - low, 0.04 * middle) || 1;
    const y = (value) => 14 - (24 * (value - middle)) / range;
    let path = "", pen = "M";
    values.forEach((value, i) => {
      if (value === null) { pen = "M"; return; }
      path += `${pen}${((148 * i) / Math.max(1, values.length - 1) + 1).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    });
    const svg = element("svg", { class: "spark", viewBox: "0 0 150 28", "aria-hidden": "true" });
    svg.append(element("path", { d: path }));
    return svg;
  };

  const makeSeries = () => {
    items = series.map((one) => {
      const item = element("li"), button = element("button", { type: "button", "aria-expanded": "false" });
      const trial = element("span", { class: "trial" }, one.trial);
      trial.append(element("small", {}, `${one.runs} runs, newest ${one.newest} · ${one.machine}`));
      const box = element("span", { class: "spark-box" });
      box.append(spark(one.shown));
      button.append(trial, box, element("span", { class: "level" }, one.level));
      button.append(element("span", { class: "change" }, one.changes.at(-1) || ""));
      button.addEventListener("click", () => toggle(item, button, one));
      item.append(button);
      item.words = `${one.trial} ${one.machine} ${one.changes.join(" ")}`.toLowerCase();
      return item;
    });
    byId("series").append(...items);
  };

  const toggle = (item, button, one) => {
    const open = item.querySelector(".chart-box");
    button.setAttribute("aria-expanded", String(!open));
    if (open) { open.remove(); return; }
    const box = element("div", { class: "chart-box" });
    item.append(box);
    withRuns((all) => draw(box, one, all[one.id]));
  };

  const withRuns = (use) => {
    if (window.atelierRuns) { use(window.atelierRuns); return; }
    const script = element("script", { src: runsFile });
    script.addEventListener("load", () => use(window.atelierRuns));
    document.head.append(script);
  };

  const unitOf = (seconds) =>
    seconds >= 1 ? [1, "s"] : seconds >= 1e-3 ? [1e-3, "ms"] : [1e-6, "µs"];
  const date = (minutes) => new Date(minutes * 60000).toISOString();

  // What each mark of a chart means; only those that the chart has are listed.
  const legend = (drawn, one) => [
    "A point is a run.",
    drawn.busy.length ? "A hollow point is a run on a busy machine." : "",
    drawn.times_s.includes(null) ? "A run without a right picture has no point." : "",
    "A horizontal line is the median of the runs at one level.",
    drawn.changes.length ? "A vertical line is a change; its band shows when the change may have begun." : "",
    `Measured on ${one.machine}.`,
  ].filter(Boolean).join(" ");

  // Dates at equal distances, as many as fit; times of the day too if all runs are of three days.
  const dates = ([first, last], most) => {
    const n = first === last ? 1 : Math.max(2, most), step = (last - first) / Math.max(1, n - 1);
    const end = last - first < 3 * 1440 ? 16 : 10;
    return Array.from({ length: n }, (_, i) => first + i * step)
      .map((minutes) => [minutes, date(minutes).slice(0, end).replace("T", " ")]);
  };

  // Three to seven round numbers between two limits, each with its text.
  const roundNumbers = (low, high) => {
    const least = (high - low) / 6, power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= least);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step)
      .map((value) => [value, value.toFixed(decimals)]);
  };

  const draw = (box, one, drawn) => {
    const known = drawn.times_s.filter((value) => value !== null);
    if (!known.length) { box.append(element("p", {}, "No run of this series has a right picture.")); return; }
    const width = Math.max(300, box.clientWidth - 18), height = 280, left = 58, right = 14, top = 30, bottom = 44;
    const [scale, unit] = unitOf(Math.min(...known));
    const highest = Math.max(...known), lowest = Math.min(...known);
    const margin = Math.max(0.1 * (highest - lowest), 0.02 * highest);
    const [low, high] = [lowest - margin, highest + margin];
    const ends = [drawn.minutes[0], drawn.minutes.at(-1)];
    const x = (minutes) => left + ((width - left - right) * (minutes - ends[0])) / Math.max(1, ends[1] - ends[0]);
    const y = (value) => top + ((height - top - bottom) * (high - value)) / (high - low);
    const label = `${one.trial}: ${known.length} runs, level ${one.level}`;
    const svg = element("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const write = (text, place, anchor = "start") => svg.append(element("text", { ...place, "text-anchor": anchor }, text));
    write(`time of a call, ${unit}`, { x: 4, y: 14 });
    for (const [value, text] of roundNumbers(low / scale, high / scale)) {
      const at = y(value * scale);
      svg.append(element("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }));
      write(text, { x: left - 8, y: at + 4 }, "end");
    }
    const marks = dates(ends, Math.floor((width - left - right) / 130));
    marks.forEach(([minutes, text], i) => {
      const at = x(minutes), anchor = marks.length === 1 || i === 0 ? "start" : i === marks.length - 1 ? "end" : "middle";
      svg.append(element("line", { class: "grid", x1: at, x2: at, y1: height - bottom, y2: height - bottom + 5 }));
      write(text, { x: at, y: height - bottom + 18 }, anchor);
    });
    write("start of the run, UTC", { x: width - right, y: height - 6 }, "end");
    drawChanges(svg, drawn, { x, y: [top, height - bottom] });
    drawRuns(svg, drawn, { x, y, scale, unit });
    drawLevels(svg, drawn, { x, y });
    box.append(svg, element("p", { class: "legend" }, legend(drawn, one)));
    for (const change of [...drawn.changes].reverse()) box.append(element("p", {}, change.sentence));
    if (!drawn.changes.length) box.append(element("p", {}, "No change that lasts was found."));
  };

  const drawChanges = (svg, drawn, { x, y: [top, bottom] }) => {
    for (const change of drawn.changes) {
      const [from, to] = [x(drawn.minutes[change.earliest]), x(drawn.minutes[change.latest])];
      svg.append(element("rect", { class: "range", x: from, y: top, width: Math.max(2, to - from), height: bottom - top }));
      const at = x(drawn.minutes[change.at]);
      svg.append(element("line", { class: "at", x1: at, x2: at, y1: top, y2: bottom }));
    }
  };

  const drawRuns = (svg, drawn, { x, y, scale, unit }) => {
    const busy = new Set(drawn.busy);
    drawn.times_s.forEach((value, i) => {
      if (value === null) return;
      const point = element("circle", { cx: x(drawn.minutes[i]).toFixed(1), cy: y(value).toFixed(1), r: 2.6 });
      if (busy.has(i)) point.setAttribute("class", "busy");
      const state = busy.has(i) ? ", the machine was busy" : "";
      point.append(element("title", {}, `${date(drawn.minutes[i]).slice(0, 16).replace("T", " ")} UTC: ${(value / scale).toPrecision(4)} ${unit}${state}`));
      svg.append(point);
    });
  };

  const drawLevels = (svg, drawn, { x, y }) => {
    const edges = [0, ...drawn.changes.map((change) => change.at), drawn.minutes.length];
    for (let i = 0; i + 1 < edges.length; i++) {
      const part = drawn.times_s.slice(edges[i], edges[i + 1]).filter((value) => value !== null).sort((a, b) => a - b);
      if (!part.length) continue;
      const level = y(part[Math.floor(part.length / 2)]);
      svg.append(element("line", { class: "level", x1: x(drawn.minutes[edges[i]]), x2: x(drawn.minutes[edges[i + 1] - 1]), y1: level, y2: level }));
    }
  };

  const apply = () => {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = filters.map(([name, select]) => [name, select.value]).filter(([, value]) => value);
    let shown = 0;
    if (tab === "runs") {
      for (const run of runs) {
        const { dataset } = run;
        const fits = words.every((word) => dataset.words.includes(word)) &&
          wanted.every(([name, value]) => name === "machine" ? dataset.machine === value : dataset[name].split(" ").includes(value));
        run.hidden = !fits;
        shown += fits;
      }
    } else {
      if (!items) makeSeries();
      items.forEach((item, i) => {
        const fits = words.every((word) => item.words.includes(word)) && wanted.every(([name, value]) => series[i][name] === value);
        item.hidden = !fits;
        shown += fits;
      });
    }
    const all = tab === "runs" ? runs.length : series.length;
    const more = tab === "series" && all ? " A series is one trial on one machine; choose one to see every run." : "";
    byId("count").textContent = `${shown === all ? "" : `${shown} of `}${all} ${tab === "runs" ? `run${all === 1 ? "" : "s"}, newest first` : "series"}.${more}`;
  };

  for (const name of ["runs", "series"])
    byId(`tab-${name}`).addEventListener("click", () => {
      tab = name;
      for (const other of ["runs", "series"]) {
        byId(other).hidden = other !== name;
        byId(`tab-${other}`).setAttribute("aria-selected", String(other === name));
      }
      apply();
    });
  byId("bar").addEventListener("input", apply);
  byId("bar").addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
