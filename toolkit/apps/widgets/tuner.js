// The page of a tuner. All state lives in Python: this module draws what it is sent and sends what the user does.
// `Compare`, `element` and `button` are those of compare.js, which stands before this text.

const SLIDER_STEPS = 400, PIECE_BYTES = 2e6, BUSY_MS = 600, OFFLINE_MS = 20_000;
const KEYS = `z undo, y redo, d defaults; s save the picture; Tab reaches every control
On a picture of the history: Enter takes its settings, Shift + Enter compares with it; Ctrl + S saves the notebook`;

// Only one request is open; the newest further request waits. Without an answer the page says that the kernel is busy or has ended.
class Sender {
  constructor(model, told) {
    Object.assign(this, {model, told, id: 0, open: null, waiting: null, since: 0});
    this.timer = setInterval(() => { if (this.since && performance.now() - this.since > BUSY_MS) told(); }, 300);
  }
  say(message, buffers) { this.since ||= performance.now(); this.model.send(message, undefined, buffers); }
  set(params) { this.waiting = {...(this.waiting ?? {}), ...params}; this.next(); this.told(); }
  next() {
    if (this.open || !this.waiting) return;
    [this.open, this.waiting] = [this.waiting, null];
    this.say({kind: "set", params: this.open, id: ++this.id});
  }
  heard() { this.since = 0; }
  answered() { this.open = null; this.next(); }
  isMoving(name) { return name in {...this.open, ...this.waiting}; }
  get silence() {
    const ms = this.since && performance.now() - this.since;
    return !navigator.onLine || ms > OFFLINE_MS ? "offline" : ms > BUSY_MS ? "busy" : "";
  }
}

function choice(label, act) {
  const input = element("select", {"aria-label": label, title: label, onchange: () => act(input.value)});
  const place = (values, value) => {
    const key = JSON.stringify(values);
    if (input.dataset.key !== key) {
      input.replaceChildren(...values.map(([own, name]) => element("option", {value: own}, name)));
      input.dataset.key = key;
    }
    input.value = value; input.hidden = values.length < 2;
  };
  return {input, place};
}

function control(param, sender) {
  const label = `${param.name}${param.unit ? ` [${param.unit}]` : ""}`, name = {"aria-label": label, title: param.help};
  const box = element("div", {className: "param"}, element("span", {className: "label", title: param.help}, label));
  const say = value => sender.set({[param.name]: value});
  if (param.kind === "choice" || param.kind === "bool") {
    const values = param.kind === "bool" ? [true, false] : param.choices;
    const input = element("select", {...name, onchange: () => say(values[input.selectedIndex])},
      ...values.map(value => element("option", {}, String(value))));
    box.classList.add("wide"); box.append(input);
    return {box, place: value => { input.selectedIndex = values.indexOf(value); }};
  }
  const isText = param.kind === "text";
  const read = text => isText ? text : param.is_whole ? Math.round(Number(text)) : Number(text);
  let isTyped = false;  // a half-typed value stays until Enter or a click elsewhere
  const field = element("input", {...name, type: isText ? "text" : "number", step: param.is_whole ? 1 : "any",
    oninput: () => { isTyped = true; }, onchange: () => { isTyped = false; say(read(field.value)); }, onblur: () => { isTyped = false; }});
  const fill = value => { if (!isTyped) field.value = value; };
  if (isText || param.low === null || param.high === null) {
    box.classList.add("wide"); box.append(field);
    return {box, place: fill};
  }
  const [low, high] = param.is_log ? [Math.log(param.low), Math.log(param.high)] : [param.low, param.high];
  const step = param.is_whole && !param.is_log ? 1 : (high - low) / SLIDER_STEPS;
  const exact = position => {
    const value = between(param.is_log ? Math.exp(position) : position, param.low, param.high);
    return param.is_whole ? Math.round(value) : Number(value.toPrecision(4));
  };
  const slider = element("input", {...name, type: "range", min: low, max: high, step, oninput: () => {
    field.value = exact(Number(slider.value)); say(exact(Number(slider.value)));
  }});
  box.append(slider, field);
  return {box, place: value => { slider.value = param.is_log ? Math.log(value) : value; fill(value); }};
}

function render({model, el}) {
  const thumbnails = new Map(), asked = new Set(), row = (...parts) => element("div", {className: "row"}, ...parts);
  let state = null, controls = null, shown = {number: -1, is_exact: false}, onPiece = null, drawnHistory = "";
  const status = element("div", {className: "state", role: "status"}), sender = new Sender(model, () => say());
  const send = kind => sender.say({kind});
  const compare = new Compare({help: KEYS, keys: {z: () => send("undo"), y: () => send("redo"), d: () => send("defaults"),
    s: () => send("save")}});
  compare.onview = view => { if (state) sender.say({kind: "view", ...view}); else compare.told = ""; };
  const run = Object.fromEntries(["photo", "backend", "threads", "precision"].map(name =>
    [name, choice(name, value => sender.set({[name]: name === "threads" ? Number(value) : value}))]));
  const before = choice("picture before", what => sender.say({kind: "compare", what}));
  const preset = choice("preset", name => { if (name) sender.set({preset: name}); });
  const named = element("input", {type: "text", placeholder: "name", "aria-label": "name of a new preset", className: "name", maxLength: 40});
  const file = element("input", {type: "file", hidden: true, tabIndex: -1, accept: "image/*", onchange: () => { upload(file.files[0]); file.value = ""; }});
  const params = element("div"), costs = element("dl", {className: "costs"}), tries = element("div", {className: "tries"});
  const measure = button("Measure in fresh processes", () => send("measure"));
  const copied = element("pre", {className: "keys", hidden: true, "aria-live": "polite"});
  const copy = ["Python", "CLI", "YAML", "Papermill"].map(name => button(name, async () => {
    copied.textContent = `${state.copies[name]}`; copied.hidden = false;
    try { await navigator.clipboard.writeText(state.copies[name]); copied.textContent = `${name} copied:\n${state.copies[name]}`; }
    catch { /* the text is there to be selected */ }
  }));
  const heading = element("div", {className: "title"}), summary = element("div", {className: "summary"});
  const top = element("div", {className: "top row"}, heading, ...Object.values(run).map(one => one.input), button("Upload", () => file.click(),
    {title: "or drop a picture anywhere here"}), file);
  const side = element("div", {className: "side"}, summary, row(preset.input, named, button("Save preset", () => {
    sender.say({kind: "preset", name: named.value}); named.value = ""; })), params,
    row(button("Defaults", () => send("defaults")), button("Undo", () => send("undo")), button("Redo", () => send("redo"))), costs, row(measure));
  const main = element("div", {className: "main"}, compare.node, row("before:", before.input, status), tries,
    row("copy as", ...copy, button("Save picture", () => send("save"))), copied);
  const root = element("div", {className: "atelier-tuner"}, top, element("div", {className: "columns"}, side, main));
  const still = element("style");

  async function upload(one) {
    if (!one) return;
    for (let at = 0; at < Math.max(1, one.size); at += PIECE_BYTES) {
      status.textContent = `uploading ${one.name}: ${Math.round(100 * at / Math.max(1, one.size))} %`;
      const piece = await one.slice(at, at + PIECE_BYTES).arrayBuffer(), taken = new Promise(done => { onPiece = done; });
      sender.say({kind: "piece", name: one.name, size: one.size, at}, [piece]);
      if (!await taken) return;
    }
  }

  function build() {
    controls = new Map(state.params.map(param => [param.name, control(param, sender)]));
    heading.textContent = state.operation; summary.textContent = state.summary;
    params.replaceChildren(...[...controls.values()].map(one => one.box));
  }

  function place() {
    for (const param of state.params) {
      const {box, place: put} = controls.get(param.name), value = state.value[param.name];
      if (!sender.isMoving(param.name)) put(value);  // a control does not jump back to an older value while a user moves it
      box.classList.toggle("changed", value !== param.default);
    }
    const names = {photo: name => name, backend: name => name || "backend: automatic", threads: n => n ? `${n} thread${n > 1 ? "s" : ""}` : "threads: automatic", precision: name => name};
    for (const [name, {place: put}] of Object.entries(run)) if (!sender.isMoving(name)) put(state.choices[name].map(one => [one, names[name](one)]), state.run[name]);
    preset.place([["", "preset ..."], ...state.presets.map(name => [name, name])], "");
    before.place(state.before.choices, state.before.what);
    const lines = [["this picture", state.measured ? "" : state.costs.here && `${state.costs.here}, one call`], ["full size", state.measured ? "" : state.costs.full],
      ["measured", state.measured], ["memory", state.costs.memory], ["agreement", state.costs.reference], ["as a file", state.costs.files]];
    costs.replaceChildren(...lines.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {className: name.replaceAll(" ", "-")}, text)]));
    measure.disabled = state.is_measuring; measure.textContent = state.is_measuring ? "measuring ..." : "Measure in fresh processes";
    still.textContent = `#${state.still} {display:none}`;
  }

  function say() {
    if (!state) return;
    const isNew = sender.open || shown.number < state.number, px = state.photo_px.join(" x "), silence = sender.silence;
    const [name, text] = silence === "offline" ? ["offline", "offline: the kernel does not answer; the last picture stays"]
      : silence === "busy" ? ["busy", "kernel busy: the move waits until its cell is done"]
      : state.refused ? [state.is_skipped ? "skipped" : "refused", `${state.is_skipped ? "skipped" : "not done"}: ${state.refused}`]
      : state.error ? [state.is_failure_missing ? "skipped" : "failed", `${state.is_failure_missing ? "skipped" : "failed"}: ${state.error} The last good picture stays.`]
      : isNew && state.is_new_way ? ["compiling", "compiling: the first call on this backend may take some seconds ..."]
      : isNew ? ["updating", "updating ..."]
      : shown.is_full ? ["exact", `exact, ${px} px`]
      : shown.is_exact ? ["exact", `exact in the visible part of ${px} px`]
      : ["preview", "preview of 640 px, not exact; the full picture follows"];
    status.textContent = text; status.title = text; status.dataset.state = name;
  }

  function list() {
    const drawn = JSON.stringify([state.history, state.key, [...thumbnails.keys()]]);
    if (drawn === drawnHistory) return;
    drawnHistory = drawn;
    const focused = [...tries.children].indexOf(document.activeElement);
    tries.replaceChildren(...state.history.map(one => {
      if (!asked.has(one.key)) { asked.add(one.key); sender.say({kind: "thumbnail", key: one.key}); }
      const picture = element("canvas"), bitmap = thumbnails.get(one.key);
      if (bitmap) { [picture.width, picture.height] = [bitmap.width, bitmap.height]; picture.getContext("2d").drawImage(bitmap, 0, 0); }
      const act = event => sender.say(event.shiftKey ? {kind: "compare", what: one.key} : {kind: "take", key: one.key});
      const made = button("", act, {title: `${one.text}; ${one.cost}. Click: take these settings; Shift + click: picture before.`});
      made.setAttribute("aria-pressed", String(one.key === state.key));
      made.append(picture, element("span", {}, one.text), element("small", {}, one.cost));
      return made;
    }));
    tries.children[focused]?.focus();
  }

  async function receive(message, buffers) {
    sender.heard();
    if (message.kind === "state") {
      if (message.serial < state?.serial) return;
      state = message;
      if (!controls) build();
      if (state.taken === sender.id && (state.refused || state.error || shown.number >= state.number)) sender.answered();
      compare.expect(state.full_px); place(); say(); list();
    } else if (message.kind === "picture") {
      const bitmap = await createImageBitmap(new Blob([buffers[0]], {type: "image/jpeg"}));
      if (message.side === "after") {
        if (message.number < shown.number || (message.number === shown.number && shown.is_exact && !message.is_exact)) return;
        shown = message;
        compare.canvas.dataset.move = message.number;
        if (state.taken === sender.id && shown.number >= state.number) sender.answered();
      }
      compare.show(message.side, {...message, bitmap}); say();
    } else if (message.kind === "thumbnail") {
      thumbnails.set(message.key, await createImageBitmap(new Blob([buffers[0]], {type: "image/jpeg"}))); if (state) list();
    } else if (message.kind === "piece") {
      onPiece?.(message.is_taken);
    } else if (message.kind === "file") {
      const link = element("a", {download: message.name, href: URL.createObjectURL(new Blob([buffers[0]], {type: "image/png"}))});
      link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  }

  // Keys that no control uses must not reach the notebook, which would cut or add cells; only Ctrl + S goes to the notebook.
  root.addEventListener("keydown", event => {
    event.stopPropagation();
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); el.dispatchEvent(new KeyboardEvent("keydown", event)); }
    if (event.key === "?" && !event.defaultPrevented && event.target.type !== "text") compare.showKeys();
  });
  root.addEventListener("dragover", event => event.preventDefault());
  root.addEventListener("drop", event => { event.preventDefault(); event.stopPropagation(); upload(event.dataTransfer.files[0]); });
  const onMessage = (message, buffers) => { receive(message, buffers); };
  model.on("msg:custom", onMessage);
  const watch = new ResizeObserver(() => root.classList.toggle("narrow", el.clientWidth < 700));
  watch.observe(el);
  for (const name of ["online", "offline"]) addEventListener(name, say);
  el.append(still, root);
  send("hello");
  return () => {
    model.off("msg:custom", onMessage); watch.disconnect(); compare.close(); clearInterval(sender.timer); still.remove();
    for (const name of ["online", "offline"]) removeEventListener(name, say);
  };
}

export default {render};
