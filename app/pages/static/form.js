// Makes the form more comfortable where scripts run. Everything in it works without.
function comfort(root) {
  const named = (name) => root.querySelector(`[name="${name}"]`);
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
