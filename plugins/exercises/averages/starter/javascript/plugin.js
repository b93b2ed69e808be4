// Averages: the README has the format of the messages. This file runs afresh for every weather station, so
// a variable up here belongs to one connection: a good place for its readings.

// Called with the bytes that have just arrived, a Uint8Array: a whole message, or five bytes of one, or the
// last byte of one and two more. Keep what is no complete message yet in a variable above, and return the
// means that were asked for: a Uint8Array with 4 bytes for each, or { data: means, next: "close" } at a
// message of an unknown type.
function receive(chunk) {
  // console.log(chunk) shows them in eco's log.

  // Begin here. A DataView reads integers out of bytes, and writes them:
  //   const view = new DataView(bytes.buffer, bytes.byteOffset);
  //   view.getInt32(1), view.setInt32(0, mean)
}
