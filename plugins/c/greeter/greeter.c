// greeter: greets whoever connects, and sends each line back.
//
// It is a program like any other: what it reads is what the peer sends, what it writes is what the peer gets, and what it
// writes to stderr is in eco's log. Each connection has a run of its own.

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  const char *peer = getenv("TCPREMOTEIP");
  printf("hello, %s\n", peer ? peer : "whoever you are");

  // getline reads lines of any bytes and of any length; the last one may lack its end.
  char *line = NULL;
  size_t space = 0;
  for (ssize_t length; (length = getline(&line, &space, stdin)) > 0;) {
    fwrite(line, 1, length, stdout);
    // The C library sends what is written at the end of each line, since eco says that stdout is a terminal. To send less
    // than a line, call fflush(stdout).
  }
  free(line);
}
