// AssemblyScript. Numbers the lines that it reads. With the argument `copy` it sends back all that comes.

const buffer = new ArrayBuffer(65536);

function copy(): void {
  let length: i32;
  while ((length = process.stdin.read(buffer)) > 0) process.stdout.write(buffer.slice(0, length));
}

function lines(): void {
  const line = new Array<u8>();
  let number = 0;
  let length: i32;
  process.stdout.write("ready\n");
  while ((length = process.stdin.read(buffer)) > 0) {
    const chunk = Uint8Array.wrap(buffer, 0, length);
    for (let at = 0; at < length; at++) {
      line.push(chunk[at]);
      if (chunk[at] != 10) continue;
      process.stdout.write((++number).toString() + ": ");
      const whole = new Uint8Array(line.length);
      whole.set(line);
      process.stdout.write(whole.buffer);
      line.length = 0;
    }
  }
  process.stdout.write("goodbye after " + number.toString() + " lines\n");
}

if (process.argv.length > 1 && process.argv[1] == "copy") copy();
else lines();
