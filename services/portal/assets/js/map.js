// Maps that move, for those who ask for one: Leaflet comes with the click, and so do tiles where the installation has some.
// The picture and the list say the same without it.
const plain = new Set(["<svg/>", '<v:shape adj="1"/>', "+", "\u2212"]);
let leaflet;

for (const figure of document.querySelectorAll("[data-map]")) {
  const button = figure.querySelector("[data-open]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      leaflet ??= load(figure.dataset);
      show(figure, await leaflet);
      button.parentElement.hidden = true;
    } catch {
      leaflet = undefined;
      button.disabled = false;
    }
    figure.querySelector("[data-failed]").hidden = button.parentElement.hidden;
  });
}

// The pages' policy lets no text become markup that nobody has looked at. Leaflet's own is four fixed texts.
async function load({ script, style }) {
  const types = globalThis.trustedTypes;
  if (types && !types.defaultPolicy) {
    types.createPolicy("default", {
      createHTML: (text) => {
        if (!plain.has(text)) throw new TypeError(text);
        return text;
      },
    });
  }
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = style;
  await new Promise((resolve, reject) => {
    sheet.onload = resolve;
    sheet.onerror = reject;
    document.head.append(sheet);
  });
  await import(script);
  return globalThis.L;
}

function show(figure, L) {
  const { bounds, tiles, deepest, nearer, farther, pick } = figure.dataset;
  const frame = figure.querySelector(".map-frame");
  const picture = figure.querySelector(".map-picture");
  const [south, west, north, east] = bounds.split(",").map(Number);
  const box = [[south, west], [north, east]];
  frame.hidden = false;
  const map = L.map(frame, { attributionControl: false, zoomControl: false, maxZoom: Number(deepest ?? 18), scrollWheelZoom: false });
  L.control.zoom({ zoomInText: "+", zoomOutText: "\u2212", zoomInTitle: nearer, zoomOutTitle: farther }).addTo(map);
  map.fitBounds(box);
  if (tiles) L.tileLayer(tiles, { maxZoom: Number(deepest), referrerPolicy: "strict-origin-when-cross-origin" }).addTo(map);
  if (picture) {
    picture.remove();
    for (const circle of picture.querySelectorAll("circle")) circle.remove();
    L.svgOverlay(picture, box).addTo(map);
  }
  // A popup closes by Escape or a click beside it; Leaflet's own button has an English name.
  const markers = [...figure.querySelectorAll(".map-list a")].map((link) => {
    const name = link.cloneNode(true);
    return L.circleMarker([link.dataset.latitude, link.dataset.longitude], { radius: 9, className: "map-point" }).bindPopup(name, { closeButton: false }).addTo(map);
  });
  if (pick === undefined) {
    // By keyboard: the arrows move the map, and Enter opens what is nearest to its middle.
    frame.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== frame || markers.length === 0) return;
      const away = (marker) => map.distance(marker.getLatLng(), map.getCenter());
      markers.sort((one, other) => away(one) - away(other))[0].openPopup();
    });
  } else choose(figure, map, L);
  frame.focus();
}

// A place for the form: where the map is clicked, or its middle.
function choose(figure, map, L) {
  const form = figure.closest("form");
  const said = figure.querySelector("[data-chosen]");
  const { latitude, longitude } = form.elements;
  const round = (degrees) => Math.round(degrees * 1e6) / 1e6;
  let marker;
  const set = (at) => {
    marker?.remove();
    latitude.value = at ? round(at.lat) : "";
    longitude.value = at ? round(at.lng) : "";
    said.textContent = at ? said.dataset.some.replace("…", `${at.lat.toFixed(5)}, ${at.lng.toFixed(5)}`) : said.dataset.none;
    if (at) marker = L.circleMarker(at, { radius: 9, className: "map-point" }).addTo(map);
  };
  if (latitude.value) set(L.latLng(latitude.value, longitude.value));
  map.on("click", ({ latlng }) => set(latlng.wrap()));
  figure.querySelector("[data-centre]").addEventListener("click", () => set(map.getCenter().wrap()));
  figure.querySelector("[data-clear]").addEventListener("click", () => set());
  figure.querySelector("[data-picking]").hidden = false;
  map.getContainer().classList.add("map-pick");
}
