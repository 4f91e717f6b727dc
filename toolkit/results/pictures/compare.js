// Two pictures in one view: split, side by side, flicker, difference; one zoom and one position for both sides.
// The tuner and the pages of reports share this file. Pictures are drawn from bitmaps, never from blob: addresses.

const MODES = ["Split", "Side", "Flicker", "Difference"];
const FLICKER_MS = 500;
const VIEW_REST_MS = 120;
const NEAR_CUT_PX = 24;
const COMPARE_KEYS = "1 split, 2 side by side, 3 flicker, 4 difference; g gain; [ and ] move the split; f fit, 0 100 %; "
  + "+ and - zoom (also Ctrl + wheel, or two fingers); arrows move the picture";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  // JupyterLab looks for shortcuts on the focused element, so each element that can have the focus suppresses them.
  if (["input", "select", "button"].includes(tag) || made.tabIndex >= 0) made.setAttribute("data-lm-suppress-shortcuts", "true");
  made.append(...children);
  return made;
}

function button(text, act, more = {}) {
  return element("button", {type: "button", onclick: act, ...more}, text);
}

const between = (value, low, high) => Math.min(high, Math.max(low, value));

class Compare {
  // A view of a card has a ratio of width to height; the picture fills the view until it is moved, zoomed or fitted.
  constructor({keys = {}, help = "", ratio = 0} = {}) {
    this.sides = {before: null, after: null};
    this.ratio = ratio; this.isFilling = ratio > 0;
    this.mode = 0; this.cut = 0.5; this.gain = 8; this.scale = 0; this.x = 0; this.y = 0; this.isBefore = false;
    this.canvas = element("canvas", {className: "view", tabIndex: 0, role: "img"});
    this.percent = element("span", {className: "percent"});
    this.modes = MODES.map((name, i) => button(`${name} ${i + 1}`, () => this.choose(i)));
    this.gains = element("select", {"aria-label": "gain of the difference", onchange: () => this.amplify(Number(this.gains.value))},
      ...[1, 2, 4, 8, 16, 32].map(gain => element("option", {value: gain, selected: gain === 8}, `gain ${gain}x`)));
    this.help = element("pre", {className: "keys", hidden: true}, [COMPARE_KEYS, help,
      "These keys work while the picture has the focus (Tab reaches it)."].filter(Boolean).join("\n"));
    this.bar = element("div", {className: "row"}, ...this.modes, this.gains,
      button("-", () => this.zoomBy(0.8), {"aria-label": "Zoom out"}), button("+", () => this.zoomBy(1.25), {"aria-label": "Zoom in"}),
      button("Fit", () => this.fitted()), button("100 %", () => this.exactPixels()), this.percent,
      button("? keys", () => this.showKeys()));
    this.node = element("div", {className: "atelier-compare"}, this.bar, this.help, this.canvas);
    if (ratio) this.fold();
    this.listen(keys);
    this.watch = new ResizeObserver(() => this.moved());
    this.watch.observe(this.canvas);
    this.choose(0);
  }

  // In a card the buttons are folded away; keys, pointer and fingers work without them.
  fold() {
    const toggle = button("Views", () => {
      this.bar.hidden = !this.bar.hidden; toggle.setAttribute("aria-expanded", String(!this.bar.hidden));
    }, {className: "views", "aria-expanded": "false"});
    this.bar.hidden = true;
    this.node.classList.add("folded");
    this.node.replaceChildren(element("div", {className: "stage"}, this.canvas, toggle), this.bar, this.help);
  }

  close() { clearInterval(this.timer); clearTimeout(this.telling); this.watch.disconnect(); }

  // A patch is a bitmap of a region [left, top, right, bottom] of a side that is full = [width, height] px.
  show(name, {bitmap, full, region, caption}) {
    const old = this.sides[name], isWhole = !region || (region[2] - region[0] >= full[0] && region[3] - region[1] >= full[1]);
    const isSame = old && old.full[0] === full[0] && old.full[1] === full[1];
    const patches = !isWhole && isSame ? [old.patches[0]] : [];
    this.sides[name] = {full, caption, patches: [...patches, {bitmap, region: region ?? [0, 0, ...full]}]};
    if (name === "after" && this.full) this.expect(full);
    if (isSame) this.draw(); else this.moved();
  }

  // All positions are in pixels of the side "after", whose size may be known before its first picture.
  get size() { return this.full ?? (this.sides.after ?? this.sides.before)?.full ?? [3, 2]; }
  expect(full) { if (String(full) !== String(this.full)) { this.full = full; this.moved(); } }
  get across() { return this.canvas.width / (this.mode === 1 ? 2 : 1); }
  get fit() {
    const fits = [this.across / this.size[0], this.canvas.height / this.size[1]];
    return this.isFilling ? Math.max(...fits) : Math.min(...fits);
  }
  get zoom() { return this.scale || this.fit; }

  get view() {
    const [w, h] = this.size, zoom = this.zoom, {height} = this.canvas, across = this.across;
    const whole = [Math.max(1, Math.round(w * zoom)), Math.max(1, Math.round(h * zoom))];
    if (whole[0] <= across + 1 && whole[1] <= height + 1) return {whole, region: null};
    const left = w / 2 - this.x - across / 2 / zoom, top = h / 2 - this.y - height / 2 / zoom;
    return {whole, region: [between(Math.floor(left), 0, w - 1), between(Math.floor(top), 0, h - 1),
      between(Math.ceil(left + across / zoom), 1, w), between(Math.ceil(top + height / zoom), 1, h)]};
  }

  choose(mode) {
    this.mode = mode;
    this.modes.forEach((one, i) => one.setAttribute("aria-pressed", String(i === mode)));
    this.gains.hidden = mode !== 3;
    clearInterval(this.timer);
    if (mode === 2) this.timer = setInterval(() => { this.isBefore = !this.isBefore; this.draw(); }, FLICKER_MS);
    this.moved();
  }
  amplify(gain) { this.gain = gain; this.gains.value = gain; this.draw(); }
  showKeys() { this.help.hidden = !this.help.hidden; }
  split(cut) { this.cut = between(cut, 0, 1); this.draw(); }
  zoomBy(factor, x = 0, y = 0) {
    const old = this.zoom;
    this.scale = between(old * factor, 0.02, 32);
    this.x += x / this.scale - x / old; this.y += y / this.scale - y / old;
    this.moved();
  }
  move(x, y) {
    if (this.isFilling) this.scale = this.zoom;
    this.x += x / this.zoom; this.y += y / this.zoom; this.moved();
  }
  fitted() { this.scale = this.x = this.y = 0; this.isFilling = false; this.moved(); }
  exactPixels() { this.scale = 1; this.moved(); }

  moved() {
    this.x = between(this.x, -this.size[0] / 2, this.size[0] / 2);
    this.y = between(this.y, -this.size[1] / 2, this.size[1] / 2);
    this.canvas.style.touchAction = this.scale ? "none" : "pan-y";
    this.draw();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), VIEW_REST_MS);
  }

  tell() {
    const told = JSON.stringify([this.view, this.size]);
    if (told !== this.told) { this.told = told; this.onview?.(this.view); }
  }

  resize() {
    const wide = Math.round(Math.max(200, this.canvas.clientWidth) * devicePixelRatio), [width, height] = this.size;
    const own = (this.mode === 1 ? wide / 2 : wide) * height / width;
    const tall = Math.round(this.ratio ? wide / this.ratio : between(own, 160 * devicePixelRatio, 620 * devicePixelRatio));
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== tall) this.canvas.height = tall;
    this.canvas.style.height = `${tall / devicePixelRatio}px`;
    // A face is more often in the upper part of a picture.
    if (this.isFilling && !this.scale) this.y = 0.3 * (this.size[1] - tall / this.zoom);
  }

  pane(context, side, left, right, from, across) {
    const [w, h] = this.size, zoom = this.zoom, height = this.canvas.height;
    const x = Math.round(from + across / 2 + (this.x - w / 2) * zoom), y = Math.round(height / 2 + (this.y - h / 2) * zoom);
    const wide = w * zoom / side.full[0], tall = h * zoom / side.full[1];
    context.save();
    context.beginPath(); context.rect(left, 0, right - left, height); context.clip();
    for (const {bitmap, region} of side.patches) {
      const one = (length, own) => Math.abs(length - own) < 1.5 ? own : length;  // a bitmap of this size is drawn pixel by pixel
      const dx = one((region[2] - region[0]) * wide, bitmap.width), dy = one((region[3] - region[1]) * tall, bitmap.height);
      context.imageSmoothingEnabled = dx < bitmap.width || dx < 2 * bitmap.width || bitmap.width < region[2] - region[0];
      context.drawImage(bitmap, x + Math.round(region[0] * wide), y + Math.round(region[1] * tall), dx, dy);
    }
    context.restore();
  }

  draw() {
    this.resize();
    const context = this.canvas.getContext("2d"), {width, height} = this.canvas, {before, after} = this.sides;
    context.clearRect(0, 0, width, height);
    this.percent.textContent = `${Math.round(100 * this.zoom)} %`;
    if (!after || !before) return;
    const cut = Math.round(width * this.cut), half = width / 2;
    if (this.mode === 0) {
      this.pane(context, after, cut, width, 0, width); this.pane(context, before, 0, cut, 0, width);
      context.fillStyle = "#000"; context.fillRect(cut - 2, 0, 4, height);
      context.fillStyle = "#fff"; context.fillRect(cut - 1, 0, 2, height);
    } else if (this.mode === 1) {
      this.pane(context, before, 0, half - 1, 0, half); this.pane(context, after, half + 1, width, half, half);
    } else if (this.mode === 2) {
      this.pane(context, this.isBefore ? before : after, 0, width, 0, width);
    } else {
      context.fillStyle = "#000"; context.fillRect(0, 0, width, height);
      this.pane(context, before, 0, width, 0, width);
      context.globalCompositeOperation = "difference"; this.pane(context, after, 0, width, 0, width);
      context.globalCompositeOperation = "lighter";
      for (let gain = 1; gain < this.gain; gain *= 2) context.drawImage(this.canvas, 0, 0);
      context.globalCompositeOperation = "source-over";
    }
    const names = this.mode === 2 ? [this.isBefore ? before : after] : this.mode === 3 ? [{caption: `difference, gain ${this.gain}x`}] : [before, after];
    names.forEach((one, i) => this.tag(context, one.caption, i, names.length));
    this.canvas.setAttribute("aria-label", `${MODES[this.mode]}: before ${before.caption}, after ${after.caption}`);
  }

  tag(context, text, i, count) {
    // In a narrow card one text is above and the other below, because side by side they would overlap.
    const isAbove = this.ratio && !i, size = (this.ratio ? 11 : 12) * devicePixelRatio, {width} = this.canvas;
    const room = (this.ratio ? width - 70 * devicePixelRatio : width / count) - 2 * size;
    const height = isAbove ? 2 * size + 10 : this.canvas.height;
    context.font = `${size}px system-ui,sans-serif`;
    while (text.length > 4 && context.measureText(text).width > room) text = `${text.slice(0, -3)}…`;
    const wide = context.measureText(text).width + size, x = i ? width - wide - 6 : 6;
    context.fillStyle = "rgba(0,0,0,.72)"; context.fillRect(x, height - 2 * size - 4, wide, 1.7 * size);
    context.fillStyle = "#fff"; context.fillText(text, x + size / 2, height - size);
  }

  listen(more) {
    const points = new Map(), step = 40;
    let apart = 0, isCut = false;
    const distance = () => { const [a, b] = [...points.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
    const on = (name, act, options) => this.canvas.addEventListener(name, act, options);
    on("pointerdown", event => {
      this.canvas.setPointerCapture(event.pointerId); points.set(event.pointerId, [event.clientX, event.clientY]);
      const box = this.canvas.getBoundingClientRect();
      isCut = this.mode === 0 && (!this.scale || Math.abs(event.clientX - box.left - this.cut * box.width) < NEAR_CUT_PX);
      if (points.size === 2) apart = distance();
    });
    on("pointermove", event => {
      const old = points.get(event.pointerId), box = this.canvas.getBoundingClientRect();
      if (!old) return;
      points.set(event.pointerId, [event.clientX, event.clientY]);
      if (points.size === 2) { const now = distance(); this.zoomBy(now / apart); apart = now; }
      else if (isCut) this.split((event.clientX - box.left) / box.width);
      else this.move((event.clientX - old[0]) * devicePixelRatio, (event.clientY - old[1]) * devicePixelRatio);
    });
    for (const name of ["pointerup", "pointercancel"]) on(name, event => points.delete(event.pointerId));
    on("wheel", event => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, (event.clientX - box.left) * devicePixelRatio % this.across - this.across / 2,
        (event.clientY - box.top) * devicePixelRatio - this.canvas.height / 2);
    }, {passive: false});
    const acts = {1: () => this.choose(0), 2: () => this.choose(1), 3: () => this.choose(2), 4: () => this.choose(3),
      f: () => this.fitted(), 0: () => this.exactPixels(), "+": () => this.zoomBy(1.25), "-": () => this.zoomBy(0.8),
      ArrowLeft: () => this.move(step, 0), ArrowRight: () => this.move(-step, 0), ArrowUp: () => this.move(0, step), ArrowDown: () => this.move(0, -step),
      "[": () => this.split(this.cut - 0.05), "]": () => this.split(this.cut + 0.05),
      g: () => this.amplify(this.gain >= 32 ? 1 : this.gain * 2), "?": () => this.showKeys(), ...more};
    on("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(acts, event.key)) return;
      event.preventDefault(); acts[event.key]();
    });
  }
}

// In a page without a kernel: the two pictures of a figure, which show without scripts too, become a comparison.
async function upgradeFigure(figure, options) {
  const pair = figure.querySelector(".pair"), [after, before] = pair.querySelectorAll("img"), compare = new Compare(options);
  for (const [name, image] of [["after", after], ["before", before]]) {
    await image.decode();
    const bitmap = await createImageBitmap(image), full = [bitmap.width, bitmap.height];
    compare.show(name, {bitmap, full, caption: image.alt});
  }
  pair.hidden = true; pair.after(compare.node); compare.moved();
}
