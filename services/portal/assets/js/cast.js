// The check of a ballot and its receipt.
for (const check of document.querySelectorAll("form[data-cast]")) castWithoutCookie(check);
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A cast is sent without the cookie, and its receipt has an address: loading it again sends nothing. Whatever goes wrong is
// the page's own matter: it sends the same cast, which counts once.
function castWithoutCookie(check) {
  check.addEventListener("submit", async (event) => {
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (check.dataset.sent) return;
    check.dataset.sent = "yes";
    try {
      const body = new URLSearchParams(new FormData(check));
      body.set("answer", "json");
      const answer = await fetch(check.action, { method: "POST", body, credentials: "omit" });
      if (!answer.ok) throw new Error(answer.status);
      location.replace((await answer.json()).receipt);
    } catch {
      delete check.dataset.sent;
      check.submit();
    }
  });
}
