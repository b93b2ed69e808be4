// A program: what it reads is what the client sends, and what it writes is what the client gets.
//
// Each connection has a run of its own, so variables are that connection's state. What goes to stderr is shown with a case
// that fails.

#include <stdio.h>

int main(void) {
  // The client is there, and has sent nothing yet. This is the place for a greeting.

  int byte;
  while ((byte = getchar()) != EOF) {
    // Begin here: a byte has come. putchar sends one; others are printf and fwrite.
    //
    // The C library sends what is written at the end of each line. Where an answer has less than a line, this sends it:
    //
    //   fflush(stdout);
  }

  // The client has finished sending. It still reads.
}
