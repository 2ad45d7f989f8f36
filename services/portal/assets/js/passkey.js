// Passkeys: the page has what the server asks for, the device answers, and the form brings the answer.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function asked(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const known of options.allowCredentials ?? options.excludeCredentials) known.id = bytes(known.id);
  return options;
}

function answered({ id, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].filter((name) => response[name]);
  return JSON.stringify({ id, rawId: id, type, response: Object.fromEntries(parts.map((name) => [name, text(response[name])])) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const publicKey = asked(JSON.parse(form.dataset.options));
      form.elements.credential.value = answered(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
