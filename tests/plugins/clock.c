/* A clock on the wall that somebody sets back an hour, for one process: it is loaded before the C library, and looks
   whether the file that CLOCK_IS_BACK names is there. All other clocks are as they were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    const char *back = getenv("CLOCK_IS_BACK");
    if (clock == CLOCK_REALTIME && back && access(back, F_OK) == 0) time->tv_sec -= 3600;
    return result;
}
