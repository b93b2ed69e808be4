// Owns Lines, which makes lines of chunks. The value of this file is the class.
(class Lines {
    #decoder;
    // The line whose end hasn't come yet.
    #rest = "";

    // Takes the name of an encoding, as TextDecoder does.
    constructor(encoding) {
        this.#decoder = new TextDecoder(encoding);
    }

    // Gives the lines that end in this chunk, without their "\n", and keeps what follows the last one.
    feed(chunk) {
        const lines = this.#decoder.decode(chunk, { stream: true }).split("\n");
        lines[0] = this.#rest + lines[0];
        this.#rest = lines.pop();
        return lines;
    }

    // Gives what is left at the end: the last line, if it has no "\n", or none.
    flush() {
        const rest = this.#rest + this.#decoder.decode();
        this.#rest = "";
        return rest === "" ? [] : [rest];
    }
})
