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

// Makes the form more comfortable where scripts run. Everything in it works without.
function comfort(root) {
  const named = (name) => root.querySelector(`[name="${name}"]`);
  const proof = named("fq_altcha");
  // Not before somebody is about to write, and only where the page came safely.
  if (proof && window.crypto?.subtle) proof.form.addEventListener("focusin", () => prove(proof), { once: true });
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
