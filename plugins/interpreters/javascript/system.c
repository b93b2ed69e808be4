/* Owns what the C library asks of its surroundings: the clock, and an output that leads nowhere.
   Defining these functions here is what keeps the imports of WASI out of the component. */

#include <stdint.h>
#include <stddef.h>

#include "script_interpreter.h"

#define SUCCESS 0
#define BAD_FILE 8

#define MONOTONIC 1

int32_t __imported_wasi_snapshot_preview1_clock_time_get(int32_t clock, int64_t precision,
                                                         int32_t time) {
    *(uint64_t *) time = clock == MONOTONIC ? eco_plugin_script_elapsed() : eco_plugin_script_now();
    return SUCCESS;
}

int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t file, int32_t parts, int32_t count,
                                                   int32_t written) {
    return BAD_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t file, int64_t offset, int32_t whence,
                                                  int32_t position) {
    return BAD_FILE;
}

/* The C library's own imports its function in a way that can't be intercepted. */
int close(int file) {
    return -1;
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(int32_t file, int32_t status) {
    return BAD_FILE;
}
