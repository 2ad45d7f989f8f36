// The QR code of a letter brings number and code in the fragment, which browsers send to nobody: into the fields with them,
// and out of the address, the history and every copy of the link.
const given = new URLSearchParams(location.hash.slice(1));
for (const [key, id] of [["n", "number"], ["c", "code"]]) {
  const field = document.getElementById(id);
  if (given.has(key) && field) field.value = given.get(key).slice(0, field.maxLength);
}
if (given.has("n") || given.has("c")) {
  history.replaceState(history.state, "", location.pathname + location.search);
}
