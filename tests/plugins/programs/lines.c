/* Numbers the lines that it reads. With the argument `copy` it sends back all that comes. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int copy(void) {
    static char buffer[65536];
    ssize_t length;
    while ((length = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        if (write(STDOUT_FILENO, buffer, length) != length)
            return 1;
    return length < 0;
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "copy") == 0)
        return copy();
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int number = 0;
    printf("ready\n");
    while ((length = getline(&line, &room, stdin)) > 0) {
        printf("%d: ", ++number);
        fwrite(line, 1, length, stdout);
    }
    printf("goodbye after %d lines\n", number);
}
