// Takes up an invitation: the token behind the # goes to no server but in the body of the one request that uses it.
const form = document.querySelector("form");
const said = document.querySelector("[role=status]");

function say(text) {
  said.textContent = text;
  said.hidden = false;
  said.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: location.hash.slice(1), password: form.elements.password.value });
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/v1/invitations/accept", { method: "POST", headers, body });
    const found = await answer.json();
    if (!answer.ok) return say(found.errors?.[0]?.message ?? found.detail);
    form.remove();
    history.replaceState(null, "", location.pathname);
    say(`Your password is set. You log in as ${found.email}.`);
  } catch {
    say("There was no answer. Please try again in a moment.");
  }
});
