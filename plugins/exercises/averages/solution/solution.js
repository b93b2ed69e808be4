// Averages: stores the readings of a weather station, and answers with the mean over a span of time.

const SIZE = 9; // Of every message: a type and two integers.
const READING = 0x52; // "R"
const MEAN = 0x4d; // "M"

// Every connection runs this file afresh, so these are one station's own.
const readings = []; // { time, value }, in the order in which they came
let rest = new Uint8Array(0); // The message whose end hasn't come yet: 8 bytes at most.

function receive(chunk) {
  const bytes = concatenated(rest, chunk);
  // A DataView reads integers of any size, sign and byte order. Big-endian is what it does unless told.
  const view = new DataView(bytes.buffer);
  const means = [];
  let at = 0;
  for (; at + SIZE <= bytes.length; at += SIZE) {
    const first = view.getInt32(at + 1);
    const second = view.getInt32(at + 5);
    if (bytes[at] === READING) {
      readings.push({ time: first, value: second });
    } else if (bytes[at] === MEAN) {
      means.push(mean(first, second));
    } else {
      return { data: packed(means), next: "close" };
    }
  }
  rest = bytes.slice(at);
  return packed(means);
}

// The mean of the readings from one time to another, both included.
function mean(from, to) {
  let sum = 0; // A double counts exactly up to 2^53, far beyond any sum of ours.
  let count = 0;
  for (const { time, value } of readings) {
    if (from <= time && time <= to) {
      sum += value;
      count += 1;
    }
  }
  return count === 0 ? 0 : Math.floor(sum / count);
}

// The integers as they go over the network: 4 bytes each, big-endian.
function packed(integers) {
  const view = new DataView(new ArrayBuffer(4 * integers.length));
  integers.forEach((integer, index) => view.setInt32(4 * index, integer));
  return view.buffer;
}

function concatenated(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
