// Draws the form inside a site's own page: the fragment comes from the server, the same as the hosted form.
const script = document.currentScript;
const house = script.src.replace(/\/widget\.js(\?.*)?$/, "");
const WAITS = [2, 5, 15];
const LONGEST_WAIT = 30;
const GROUPS = /^(consent|budget|attribution)\.(.+)$/;
const PLACES = { first_name: "name", last_name: "name", budget: "budget.amount", consent: "consent.privacy" };
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);
// Sites that demand Trusted Types allow this name.
const policy = window.trustedTypes?.createPolicy("freequote", { createHTML: (text) => text, createScriptURL: () => TURNSTILE });

class Widget {
  constructor(host, form, language) {
    this.form = form;
    this.language = language;
    this.root = host.attachShadow({ mode: "open" });
    this.theme = new CSSStyleSheet();
    this.root.adoptedStyleSheets = [sheet, this.theme];
    this.busy = false;
    this.changed = false;
    this.root.addEventListener("click", (event) => this.follow(event));
    window.addEventListener("beforeunload", (event) => { if (this.changed) event.preventDefault(); });
  }

  async draw(language, typed) {
    const address = `${house}/forms/${encodeURIComponent(this.form)}`;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await fetch(`${address}/widget?lang=${encodeURIComponent(language)}`, { credentials: "omit" });
        return this.fill(await answer.text(), answer.ok, typed);
      } catch {
        if (attempt === WAITS.length) break;
        await pause(WAITS[attempt]);
      }
    }
    const link = document.createElement("a");
    link.href = link.textContent = address;
    this.root.replaceChildren(link);
  }

  fill(html, isForm, typed) {
    if (!isForm) {
      const page = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
      this.root.replaceChildren(page.querySelector("main"));
      return;
    }
    this.root.innerHTML = policy ? policy.createHTML(html) : html;
    this.theme.replaceSync(this.root.firstElementChild.dataset.rules);
    const form = this.root.querySelector("form");
    if (typed) restore(form, typed);
    comfort(this.root, (address) => (policy ? policy.createScriptURL(address) : address));
    form.addEventListener("input", () => { this.changed = true; });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(form, event.submitter); });
  }

  // A link to a place inside a shadow tree leads nowhere by itself.
  follow(event) {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    const field = this.root.getElementById(link.hash.slice(1));
    for (let fold = field?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    field?.focus();
  }

  async send(form, pressed) {
    if (pressed?.name === "fq_into") return this.draw(pressed.value, new FormData(form));
    if (this.busy) return;
    this.busy = true;
    this.forget();
    this.say("sending");
    try {
      await this.deliver(form, JSON.stringify(read(form)), form.elements.fq_key.value);
    } finally {
      this.busy = false;
    }
  }

  async deliver(form, body, key) {
    const language = form.elements.fq_lang.value;
    const door = `${house}${form.getAttribute("action")}&lang=${encodeURIComponent(language)}`;
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    for (let attempt = 0; ; attempt += 1) {
      let status = 0, wait = WAITS[attempt], found = null;
      try {
        const answer = await fetch(door, { method: "POST", headers, body, credentials: "omit" });
        wait = Number(answer.headers.get("Retry-After")) || wait;
        found = await answer.json();
        status = answer.status;
      } catch { /* The same key is sent again: whatever became of this one, it counts once. */ }
      if (status === 201) return this.received(found.reference);
      const passes = status === 0 || status === 429 || status === 503;
      if (!passes || attempt === WAITS.length) return this.refused(form, status, found);
      this.say("again");
      await Promise.race([pause(Math.min(wait, LONGEST_WAIT)), new Promise((go) => window.addEventListener("online", go, { once: true }))]);
    }
  }

  received(reference) {
    this.changed = false;
    this.root.querySelector(".asked").remove();
    const said = this.say("received");
    said.querySelector(".reference strong").textContent = reference;
  }

  refused(form, status, found) {
    if (found?.errors) return this.mark(found.errors);
    // This key stands for another request: the next one needs its own.
    if (status === 422) form.elements.fq_key.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
    this.say(this.template(status) ? status : 0);
  }

  template(state) {
    return this.root.querySelector(`template[data-say="${state}"]`);
  }

  say(state) {
    const place = this.root.querySelector(".said");
    place.replaceChildren(this.template(state).content.cloneNode(true));
    const said = place.firstElementChild;
    if (said.tabIndex >= 0 || said.hasAttribute("tabindex")) said.focus();
    said.scrollIntoView({ block: "nearest" });
    return said;
  }

  mark(errors) {
    const list = this.say("wrong").querySelector("ul");
    const found = errors.map(({ pointer, message }) => ({ message, field: this.fieldOf(nameOf(pointer)) }));
    const order = [...this.root.querySelectorAll("input, select, textarea")];
    found.sort((one, other) => order.indexOf(one.field) - order.indexOf(other.field));
    for (const { field, message } of found) {
      const item = document.createElement("li");
      list.append(item);
      if (!field) { item.textContent = message; continue; }
      const link = document.createElement("a");
      link.href = `#${field.id}`;
      const frame = field.closest(".field");
      const label = frame.querySelector("legend, label:not(.choice)");
      const words = field.dataset.label ?? label?.firstChild.textContent.trim();
      link.textContent = words ? `${words}: ${message}` : message;
      item.append(link);
      this.beside(field, frame, message);
    }
  }

  fieldOf(name) {
    return this.root.getElementById(`f-${name.replace(/[\W_]+/g, "-")}`);
  }

  beside(field, frame, message) {
    const wrong = document.createElement("p");
    wrong.className = "wrong";
    wrong.id = `${field.id}-wrong`;
    wrong.textContent = message;
    const control = frame.querySelector(":scope > .control, :scope > div");
    if (control) control.before(wrong); else frame.prepend(wrong);
    field.setAttribute("aria-invalid", "true");
    const hint = frame.querySelector(".hint");
    field.setAttribute("aria-describedby", [hint?.id, wrong.id].filter(Boolean).join(" "));
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    field.closest(".for-others")?.classList.add("open");
  }

  forget() {
    for (const wrong of this.root.querySelectorAll(".field .wrong")) wrong.remove();
    for (const field of this.root.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      const hint = field.closest(".field").querySelector(".hint");
      if (hint) field.setAttribute("aria-describedby", hint.id); else field.removeAttribute("aria-describedby");
    }
  }
}

function read(form) {
  const found = { attribution: arrival() };
  for (const [name, value] of new FormData(form)) {
    if (value === "" || name === "fq_key") continue;
    const [, group, member] = GROUPS.exec(name) ?? [];
    const into = group ? (found[group] ??= {}) : found;
    const own = member ?? name;
    if (name === "consent.sharing") (into[own] ??= []).push(value); else into[own] = value;
  }
  return found;
}

// Where the visitor came from. The page's own query may hold anything, so only what names a campaign is taken.
function arrival() {
  const found = { page_url: location.origin + location.pathname };
  if (document.referrer) found.referrer = document.referrer;
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (/^(utm_(source|medium|campaign|term|content)|gclid|fbclid)$/.test(name) && value) found[name] = value;
  }
  return found;
}

function restore(form, typed) {
  // Ticks are for the very texts that were read; these are others.
  for (const field of form.elements) {
    if (!field.name || field.name.startsWith("fq_") || field.name.startsWith("consent.") || field.name === "form") continue;
    const values = typed.getAll(field.name);
    if (field.type === "radio") field.checked = values.includes(field.value);
    else if (values.length && field.name !== "language") field.value = values[0];
  }
}

function nameOf(pointer) {
  const parts = pointer.split("/").slice(1).map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const name = parts.filter((part, depth) => !depth || !/^\d+$/.test(part)).join(".");
  return PLACES[name] ?? name;
}

function start() {
  const { target } = script.dataset;
  const host = (target && document.querySelector(target)) || document.createElement("div");
  if (!host.isConnected) script.after(host);
  const language = script.dataset.lang || document.documentElement.lang || navigator.language;
  new Widget(host, script.dataset.form || "default", language).draw(language);
}

start();
