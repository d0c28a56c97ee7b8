// Finds the number behind a hash while somebody types, a little at a time. Without it the request is taken as well.
async function prove(field) {
  const given = JSON.parse(field.dataset.challenge);
  const wanted = BigInt(`0x${given.challenge.slice(0, 16)}`);
  const encoder = new TextEncoder();
  const hashed = (number) => crypto.subtle.digest("SHA-256", encoder.encode(given.salt + number));
  // As many at a time as take a few milliseconds, so that no key waits.
  for (let first = 0, count = 20; first <= given.maxnumber;) {
    const began = performance.now();
    const hashes = await Promise.all(Array.from({ length: count }, (_, step) => hashed(first + step)));
    const step = hashes.findIndex((hash) => new DataView(hash).getBigUint64(0) === wanted);
    if (step >= 0) { field.value = btoa(JSON.stringify({ ...given, number: first + step })); return; }
    await new Promise((resume) => { setTimeout(resume); });
    first += count;
    count = performance.now() - began < 10 ? Math.min(count * 2, 400) : Math.max(count >> 1, 10);
  }
}

// Cloudflare's own script, from its own place: it works from nowhere else.
const TURNSTILE = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";

function loadTurnstile(trusted) {
  if (window.turnstile) return null;
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = trusted(TURNSTILE);
    script.onload = loaded;
    script.onerror = failed;
    document.head.append(script);
  });
}

// Lets Cloudflare check that no program fills in the form. Where it cannot, the request is taken as well.
async function vouch(root, field, trusted) {
  const place = document.createElement("div");
  const slot = root.querySelector('slot[name="turnstile"]');
  // It looks for its element in the page, not in shadow trees: there it is shown through the slot.
  if (root.host) {
    root.host.querySelector(':scope > [slot="turnstile"]')?.remove();
    place.slot = "turnstile";
    root.host.append(place);
  } else slot.append(place);
  try {
    await loadTurnstile(trusted);
    window.turnstile.render(place, {
      sitekey: field.dataset.siteKey,
      language: field.closest("[lang]").lang,
      appearance: "interaction-only",
      size: field.form.clientWidth < 300 ? "compact" : "flexible",
      "response-field": false,
      callback: (token) => { field.value = token; },
      "expired-callback": () => { field.value = ""; },
      "error-callback": () => true,
    });
  } catch { /* It is away, or the site's policy keeps it away. */ }
}

// Makes the form more comfortable where scripts run. Everything in it works without.
function comfort(root, trusted = (address) => address) {
  const named = (name) => root.querySelector(`[name="${name}"]`);
  const proof = named("fq_altcha");
  // Not before somebody is about to write, and only where the page came safely.
  if (proof && window.crypto?.subtle) proof.form.addEventListener("focusin", () => prove(proof), { once: true });
  const token = named("cf-turnstile-response");
  if (token) {
    root.querySelector("#f-turnstile").hidden = false;
    const begin = () => vouch(root, token, trusted);
    // A mere look at the page tells Cloudflare nothing; a page that is drawn again was begun before.
    if ("begun" in token.dataset) begin(); else token.form.addEventListener("focusin", begin, { once: true });
  }
  const country = named("country");
  const phone = named("phone");
  if (country && phone) {
    // A suggestion, never a value: numbers work as people write them.
    const suggest = () => { phone.placeholder = country.selectedOptions[0]?.dataset.prefix ?? ""; };
    country.addEventListener("change", suggest);
    suggest();
  }
  const age = named("patient_age");
  const guardian = root.querySelector(".guardian");
  if (age && guardian) {
    age.addEventListener("input", () => {
      // Arabic and Persian keyboards write their own digits, whose last four bits are their value.
      const digits = age.value.trim().replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => digit.charCodeAt(0) & 15);
      if (/^\d+$/.test(digits)) guardian.open = Number(digits) < 18;
    });
  }
}
