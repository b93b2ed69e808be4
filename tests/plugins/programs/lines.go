// Numbers the lines that it reads. With the argument `copy` it sends back all that comes.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "copy" {
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			panic(err)
		}
		return
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	number := 0
	for lines.Scan() {
		number++
		fmt.Printf("%d: %s\n", number, lines.Bytes())
	}
	fmt.Printf("goodbye after %d lines\n", number)
}
