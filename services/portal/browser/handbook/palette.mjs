// A picture of a page as a PNG with a palette: letters stay sharp, and it is a third of the size of what a browser writes.
import { crc32, deflateSync } from "node:zlib";

// The colours that stand most often, none too near to another, and for each pixel the nearest of them. Runs in a blank page, which
// reads the picture.
async function reduce({ picture, colours, apart }) {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const pixels = new Uint32Array(data.length / 4);
  const counts = new Map();
  for (let place = 0; place < pixels.length; place += 1) {
    pixels[place] = (data[place * 4] << 16) | (data[place * 4 + 1] << 8) | data[place * 4 + 2];
    counts.set(pixels[place], (counts.get(pixels[place]) ?? 0) + 1);
  }
  const distance = (one, other) => [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
  const palette = [];
  for (const [colour] of [...counts].sort((a, b) => b[1] - a[1])) {
    if (palette.length === colours) break;
    if (palette.every((known) => distance(known, colour) > apart ** 2)) palette.push(colour);
  }
  const nearest = new Map([...counts.keys()].map((colour) => [colour, palette.reduce((best, known, at) => (distance(known, colour) < distance(palette[best], colour) ? at : best), 0)]));
  let indices = "";
  for (const pixel of pixels) indices += String.fromCharCode(nearest.get(pixel));
  return { width: bitmap.width, height: bitmap.height, palette, indices: btoa(indices) };
}

function chunk(kind, body) {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

export async function withPalette(browser, picture, colours) {
  const blank = await browser.newPage();
  const { width, height, palette, indices } = await blank.evaluate(reduce, { picture: picture.toString("base64"), colours, apart: 14 });
  await blank.close();
  const bits = colours > 16 ? 8 : 4;
  const pixels = Buffer.from(indices, "base64");
  const row = Math.ceil((width * bits) / 8);
  const raw = Buffer.alloc((row + 1) * height);
  for (let place = 0; place < pixels.length; place += 1) {
    const [line, column] = [Math.floor(place / width), place % width];
    const at = line * (row + 1) + 1;
    if (bits === 8) raw[at + column] = pixels[place];
    else raw[at + (column >> 1)] |= pixels[place] << (column % 2 ? 0 : 4);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([bits, 3, 0, 0, 0], 8);
  const colourTable = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", head), chunk("PLTE", colourTable), chunk("IDAT", deflateSync(raw, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
