// A program: what it reads is what the client sends, and what it writes is what the client gets.
//
// Each connection has a run of its own, so variables are that connection's state. What goes to os.Stderr is shown with a
// case that fails.
package main

import (
	"bufio"
	"os"
)

func main() {
	// The client is there, and has sent nothing yet. This is the place for a greeting.

	input := bufio.NewReader(os.Stdin)
	for {
		b, end := input.ReadByte()
		if end != nil {
			break
		}
		// Begin here: the byte b has come. os.Stdout.Write and fmt.Print send at once, a bufio.Writer when it is flushed.
		_ = b
	}

	// The client has finished sending. It still reads.
}
