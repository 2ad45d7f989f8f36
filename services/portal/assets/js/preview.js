// The link of a preview brings its code in the fragment, which browsers send to nobody: into the field with it, out of the address,
// the history and every copy of the link, and on to the preview. A code that was refused is not tried again.
const code = location.hash.slice(1);
const field = document.getElementById("code");
if (code && field) {
  field.value = code.slice(0, field.maxLength);
  history.replaceState(history.state, "", location.pathname + location.search);
  if (field.getAttribute("aria-invalid") !== "true") field.form.requestSubmit();
}
