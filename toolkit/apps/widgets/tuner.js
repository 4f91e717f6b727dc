// The page of a tuner. All state lives in Python: this module draws what it is sent and sends what the user does.
// Pictures are drawn from bitmaps and never from blob: addresses, which a content security policy may forbid.

const KEYS = `1 split, 2 side by side, 3 flicker, 4 difference   f fit, 0 100 %, + and - zoom, arrows move the picture
[ and ] move the split, g gain of the difference   z undo, y redo, d defaults   s save the picture, ? this list
The keys work while the picture has the focus (Tab reaches it).`;
const MODES = ["Split", "Side", "Flicker", "Difference"];
const FLICKER_MS = 500;
const SLIDER_STEPS = 400;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  // JupyterLab matches its shortcuts on the focused element itself, so each one that takes the focus says no.
  if (["input", "select", "button", "canvas"].includes(tag)) made.setAttribute("data-lm-suppress-shortcuts", "true");
  made.append(...children);
  return made;
}

function bitmapOf(buffer) {
  return createImageBitmap(new Blob([buffer], {type: "image/jpeg"}));
}

// The picture with its comparison: split, side by side, flicker, difference; one zoom and position for both sides.
class Compare {
  constructor() {
    this.sides = {before: null, after: null};
    this.mode = 0; this.cut = 0.5; this.gain = 8; this.scale = 0; this.x = 0; this.y = 0; this.isBefore = false;
    this.canvas = element("canvas", {className: "view", tabIndex: 0});
    this.canvas.setAttribute("role", "img");
    this.drags();
    this.timer = setInterval(() => {
      if (this.mode === 2) { this.isBefore = !this.isBefore; this.draw(); }
    }, FLICKER_MS);
  }

  show(side, bitmap, caption, label) {
    this.sides[side]?.bitmap.close();
    this.sides[side] = {bitmap, caption, label};
    this.draw();
  }

  get size() {
    const one = this.full ?? this.sides.after?.bitmap ?? this.sides.before?.bitmap;
    return one ? [one.width, one.height] : [3, 2];
  }

  get fit() {
    const [width, height] = this.size, panes = this.mode === 1 ? 2 : 1;
    return Math.min(this.canvas.width / panes / width, this.canvas.height / height);
  }

  get zoom() { return this.scale || this.fit; }

  resize() {
    const wide = Math.max(200, this.canvas.clientWidth) * devicePixelRatio, [width, height] = this.size;
    const tall = Math.min(wide * height / width, 620 * devicePixelRatio);
    if (this.canvas.width !== Math.round(wide) || this.canvas.height !== Math.round(tall)) {
      this.canvas.width = Math.round(wide); this.canvas.height = Math.round(tall);
    }
  }

  zoomBy(factor) { this.scale = Math.min(32, Math.max(0.02, this.zoom * factor)); this.draw(); }
  move(x, y) { this.x += x / this.zoom; this.y += y / this.zoom; this.draw(); }
  fitted() { this.scale = 0; this.x = this.y = 0; this.draw(); }
  exactPixels() { this.scale = 1; this.draw(); }

  draw() {
    this.resize();
    const context = this.canvas.getContext("2d"), {width, height} = this.canvas;
    context.clearRect(0, 0, width, height);
    const {before, after} = this.sides, cut = Math.round(width * this.cut);
    if (!after || !before) return;
    const pane = (side, left, right, from = 0, across = width) => {
      context.save();
      context.beginPath(); context.rect(left, 0, right - left, height); context.clip();
      const [w, h] = this.size, zoom = this.zoom;
      context.imageSmoothingEnabled = zoom < 1 || side.bitmap.width !== w;
      const x = Math.round(from + across / 2 + (this.x - w / 2) * zoom);
      const y = Math.round(height / 2 + (this.y - h / 2) * zoom);
      context.drawImage(side.bitmap, x, y, w * zoom, h * zoom);
      context.restore();
    };
    if (this.mode === 0) {
      pane(after, cut, width); pane(before, 0, cut);
      context.fillStyle = "#fff"; context.fillRect(cut - 1, 0, 2, height);
    } else if (this.mode === 1) {
      pane(before, 0, width / 2, 0, width / 2); pane(after, width / 2, width, width / 2, width / 2);
      context.fillStyle = "#fff"; context.fillRect(width / 2 - 1, 0, 2, height);
    } else if (this.mode === 2) {
      pane(this.isBefore ? before : after, 0, width);
    } else {
      pane(before, 0, width);
      context.globalCompositeOperation = "difference"; pane(after, 0, width);
      context.globalCompositeOperation = "lighter";
      for (let gain = 1; gain < this.gain; gain *= 2) context.drawImage(this.canvas, 0, 0);
      context.globalCompositeOperation = "source-over";
    }
    const names = this.mode === 2 ? [this.isBefore ? before : after] : [before, after];
    if (this.mode === 3) names.splice(0, 2, {caption: `difference x ${this.gain}`});
    names.forEach((one, i) => this.tag(context, one.caption, i === 1));
    this.canvas.setAttribute("aria-label", `${MODES[this.mode]}: before ${before.caption}, after ${after.caption}`);
    this.changed?.();
  }

  tag(context, text, isRight) {
    const size = 12 * devicePixelRatio, {width, height} = this.canvas;
    context.font = `${size}px system-ui,sans-serif`;
    const wide = context.measureText(text).width + size, x = isRight ? width - wide - 6 : 6;
    context.fillStyle = "rgba(0,0,0,.7)"; context.fillRect(x, height - 2 * size - 4, wide, 1.7 * size);
    context.fillStyle = "#fff"; context.fillText(text, x + size / 2, height - size);
  }

  drags() {
    const points = new Map();
    let apart = 0;
    const at = event => [event.clientX, event.clientY];
    const distance = () => { const [a, b] = [...points.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
    this.canvas.addEventListener("pointerdown", event => {
      this.canvas.setPointerCapture(event.pointerId); points.set(event.pointerId, at(event));
      if (points.size === 2) apart = distance();
    });
    this.canvas.addEventListener("pointermove", event => {
      const old = points.get(event.pointerId), box = this.canvas.getBoundingClientRect();
      if (!old) return;
      points.set(event.pointerId, at(event));
      if (points.size === 2) { const now = distance(); this.zoomBy(now / apart); apart = now; return; }
      if (this.mode === 0 && !event.shiftKey && !this.scale) {
        this.cut = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)); this.draw();
      } else this.move((event.clientX - old[0]) * devicePixelRatio, (event.clientY - old[1]) * devicePixelRatio);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(name, event => points.delete(event.pointerId));
    }
    this.canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey) return;
      event.preventDefault(); this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, {passive: false});
  }
}

// One request is on its way; the newest waits.
class Sender {
  constructor(model) { this.model = model; this.isBusy = false; this.waiting = null; }
  set(params) {
    this.waiting = {...(this.waiting ?? {}), ...params};
    this.next();
  }
  next() {
    if (this.isBusy || !this.waiting) return;
    this.isBusy = true;
    this.model.send({kind: "set", params: this.waiting});
    this.waiting = null;
  }
  answered() { this.isBusy = false; this.next(); }
}

function control(param, sender) {
  const label = `${param.name}${param.unit ? ` [${param.unit}]` : ""}`, name = {"aria-label": label, title: param.help};
  const box = element("div", {className: "param"}, element("label", {title: param.help}, label));
  const say = value => sender.set({[param.name]: value});
  if (param.kind === "choice" || param.kind === "bool") {
    const values = param.kind === "bool" ? [true, false] : param.choices;
    const input = element("select", {...name, onchange: () => say(values[input.selectedIndex])},
      ...values.map(value => element("option", {}, String(value))));
    box.classList.add("wide"); box.append(input);
    return {box, place: value => { input.selectedIndex = values.indexOf(value); }, inputs: [input]};
  }
  const isText = param.kind === "text";
  const read = text => isText ? text : param.is_whole ? Math.round(Number(text)) : Number(text);
  const field = element("input", {...name, type: isText ? "text" : "number", step: param.is_whole ? 1 : "any",
    onchange: () => say(read(field.value))});
  if (isText || param.low === null || param.high === null) {
    box.classList.add("wide"); box.append(field);
    return {box, place: value => { field.value = value; }, inputs: [field]};
  }
  const [low, high] = param.is_log ? [Math.log(param.low), Math.log(param.high)] : [param.low, param.high];
  const step = param.is_whole && !param.is_log ? 1 : (high - low) / SLIDER_STEPS;
  const exact = position => {
    const value = Math.min(param.high, Math.max(param.low, param.is_log ? Math.exp(position) : position));
    return param.is_whole ? Math.round(value) : Number(value.toPrecision(4));
  };
  const slider = element("input", {...name, type: "range", min: low, max: high, step, oninput: () => {
    field.value = exact(Number(slider.value)); say(exact(Number(slider.value)));
  }});
  box.append(slider, field);
  const place = value => { slider.value = param.is_log ? Math.log(value) : value; field.value = value; };
  return {box, place, inputs: [slider, field]};
}

function render({model, el}) {
  const sender = new Sender(model), compare = new Compare(), thumbnails = new Map(), asked = new Set();
  let state = null, controls = null, shown = {number: -1, is_exact: false};
  const send = kind => model.send({kind});
  const button = (text, act, more = {}) => element("button", {type: "button", onclick: act, ...more}, text);
  const side = element("div", {className: "side"}), status = element("div", {className: "state"});
  status.setAttribute("role", "status");
  const tries = element("div", {className: "tries"}), percent = element("span");
  const keys = element("pre", {className: "keys", hidden: true}, KEYS);
  const modes = MODES.map((name, i) => button(`${name} ${i + 1}`, () => choose(i)));
  const copied = element("span");
  copied.setAttribute("aria-live", "polite");
  const copy = ["Python", "CLI", "YAML", "Papermill"].map(name => button(name, async () => {
    try { await navigator.clipboard.writeText(state.copies[name]); copied.textContent = `${name} copied`; }
    catch { copied.textContent = state.copies[name]; }
  }));
  const showKeys = () => { keys.hidden = !keys.hidden; };
  const main = element("div", {},
    element("div", {className: "row"}, ...modes, button("-", () => compare.zoomBy(1 / 1.25), {"aria-label": "Zoom out"}),
      button("+", () => compare.zoomBy(1.25), {"aria-label": "Zoom in"}), button("Fit", () => compare.fitted()),
      button("100 %", () => compare.exactPixels()), percent, button("? keys", showKeys)),
    keys, compare.canvas, status, tries,
    element("div", {className: "row"}, "copy as", ...copy, button("Save picture", () => send("save")), copied));
  const root = element("div", {className: "atelier-tuner"}, side, main);
  compare.changed = () => { percent.textContent = `${Math.round(100 * compare.zoom / devicePixelRatio)} %`; };

  function choose(mode) {
    compare.mode = mode;
    modes.forEach((one, i) => one.setAttribute("aria-pressed", String(i === mode)));
    compare.draw();
  }

  function build() {
    controls = new Map(state.params.map(param => [param.name, control(param, sender)]));
    const preset = element("select", {"aria-label": "preset", onchange: () => {
      if (preset.value) sender.set({preset: preset.value});
      preset.selectedIndex = 0;
    }}, ...["preset ...", ...state.presets].map((name, i) => element("option", {value: i ? name : ""}, name)));
    const backend = element("select", {"aria-label": "backend", onchange: () => {
      if (backend.value) sender.set({backend: backend.value});
    }}, ...state.backends.map(name => element("option", {value: name}, name || "backend: automatic")));
    controls.backend = backend;
    side.replaceChildren(element("h3", {}, state.operation), element("div", {}, state.summary),
      element("div", {className: "row"}, backend, ...(state.presets.length ? [preset] : [])),
      ...[...controls.values()].map(one => one.box),
      element("div", {className: "row"}, button("Defaults", () => send("defaults")),
        button("Undo", () => send("undo")), button("Redo", () => send("redo"))));
  }

  function place() {
    for (const param of state.params) {
      const {box, place: put, inputs} = controls.get(param.name), value = state.value[param.name];
      const isHeld = inputs.includes(document.activeElement) && (sender.isBusy || sender.waiting);
      if (!isHeld) put(value);
      box.classList.toggle("changed", value !== param.default);
    }
    controls.backend.value = state.backend;
  }

  function say() {
    const px = state.photo_px, isNew = shown.number < state.number;
    const text = state.refused || (state.error ? `failed: ${state.error} The last good picture stays.`
      : isNew ? (shown.number < 0 ? "starting: the first call may compile ..." : "updating ...")
      : shown.is_exact ? `exact, ${px[0]} x ${px[1]} px, ${shown.caption}`
      : `preview of 640 px, not exact; the full picture follows`);
    status.textContent = text;
    status.className = state.error || state.refused ? "state failed" : "state";
    status.dataset.state = state.error ? "failed" : isNew ? "updating" : shown.is_exact ? "exact" : "preview";
  }

  function list() {
    tries.replaceChildren(...state.history.map(one => {
      if (!asked.has(one.number)) { asked.add(one.number); model.send({kind: "thumbnail", number: one.number}); }
      const changed = state.params.filter(p => one.params[p.name] !== p.default)
        .map(p => `${p.name} ${one.params[p.name]}`).join(", ") || "defaults";
      return button("", () => sender.set(one.params), {"aria-label": `Try ${changed}`, title: one.caption});
    }));
    [...tries.children].forEach((one, i) => {
      const entry = state.history[i], picture = element("canvas"), bitmap = thumbnails.get(entry.number);
      picture.removeAttribute("data-lm-suppress-shortcuts");
      if (bitmap) { [picture.width, picture.height] = [bitmap.width, bitmap.height]; picture.getContext("2d").drawImage(bitmap, 0, 0); }
      one.append(picture, one.getAttribute("aria-label").slice(4), element("br"), entry.caption);
    });
  }

  async function receive(message, buffers) {
    if (message.kind === "state") {
      const isAnswer = message.number !== state?.number || message.refused || sender.isBusy;
      state = message;
      if (!controls) build();
      if (state.refused || state.error || shown.number >= state.number) sender.answered();
      place(); say(); if (isAnswer || tries.childElementCount !== state.history.length) list();
    } else if (message.kind === "picture") {
      const bitmap = await bitmapOf(buffers[0]);
      if (message.side === "after") {
        if (message.number < shown.number || (message.number === shown.number && shown.is_exact && !message.is_exact)) return;
        shown = message;
        if (message.is_exact) compare.full = {width: bitmap.width, height: bitmap.height};
        sender.answered();
      }
      compare.show(message.side, bitmap, message.caption);
      if (state) say();
    } else if (message.kind === "thumbnail") {
      thumbnails.set(message.number, await bitmapOf(buffers[0])); if (state) list();
    } else if (message.kind === "file") {
      const link = element("a", {download: message.name, href: URL.createObjectURL(new Blob([buffers[0]], {type: "image/png"}))});
      link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  }

  compare.canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 40, acts = {1: () => choose(0), 2: () => choose(1), 3: () => choose(2), 4: () => choose(3),
      f: () => compare.fitted(), 0: () => compare.exactPixels(), "+": () => compare.zoomBy(1.25), "-": () => compare.zoomBy(0.8),
      ArrowLeft: () => compare.move(step, 0), ArrowRight: () => compare.move(-step, 0),
      ArrowUp: () => compare.move(0, step), ArrowDown: () => compare.move(0, -step),
      "[": () => { compare.cut = Math.max(0, compare.cut - 0.05); compare.draw(); },
      "]": () => { compare.cut = Math.min(1, compare.cut + 0.05); compare.draw(); },
      g: () => { compare.gain = compare.gain >= 32 ? 1 : compare.gain * 2; compare.draw(); },
      z: () => send("undo"), y: () => send("redo"), d: () => send("defaults"), s: () => send("save"), "?": showKeys};
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
  // A key that a control has not used stays in the tuner: the notebook must not cut or add cells.
  root.addEventListener("keydown", event => event.stopPropagation());
  const onMessage = (message, buffers) => { receive(message, buffers); };
  model.on("msg:custom", onMessage);
  const watch = new ResizeObserver(() => { root.classList.toggle("narrow", el.clientWidth < 700); compare.draw(); });
  watch.observe(el);
  el.append(root);
  choose(0);
  send("hello");
  return () => { model.off("msg:custom", onMessage); watch.disconnect(); clearInterval(compare.timer); };
}

export default {render};
