// greeter: greets whoever connects, and sends each line back.
//
// It is a program like any other: what it reads is what the peer sends, what it writes is what the peer gets, and what it
// writes to stderr is in eco's log. Each connection has a run of its own.
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	peer := os.Getenv("TCPREMOTEIP")
	if peer == "" {
		peer = "whoever you are"
	}
	// What is written to os.Stdout is sent at once. A bufio.Writer keeps it until Flush.
	fmt.Printf("hello, %s\n", peer)

	// Lines have any bytes and any length; the last one may lack its end.
	input := bufio.NewReader(os.Stdin)
	for {
		line, end := input.ReadBytes('\n')
		os.Stdout.Write(line)
		if end != nil {
			return
		}
	}
}
