// Owns what compiled C expects of its system: the clock and chance, which come from the contract in
// place of WASI, and the kind of exception that is behind longjmp. It must not know of Lua.
#include "script_interpreter.h"

#include <string.h>

// The compiler and its library refer to this tag, but leave its definition to the program.
__asm__(".tagtype __c_longjmp i32\n"
        ".globl __c_longjmp\n"
        "__c_longjmp:\n");

// libc calls these two under their names in WASI, with addresses as numbers; 0 says that all is well.
int32_t __imported_wasi_snapshot_preview1_clock_time_get(int32_t clock, int64_t precision, int32_t result) {
    enum { MONOTONIC = 1 };
    (void)precision;
    *(uint64_t *)(uintptr_t)result = clock == MONOTONIC ? eco_plugin_script_elapsed() : eco_plugin_script_now();
    return 0;
}

int32_t __imported_wasi_snapshot_preview1_random_get(int32_t buffer, int32_t length) {
    uint8_t *at = (uint8_t *)(uintptr_t)buffer;
    for (int32_t done = 0; done < length; done += 8) {
        uint64_t bits = eco_plugin_script_random();
        int32_t left = length - done;
        memcpy(at + done, &bits, left < 8 ? (size_t)left : 8);
    }
    return 0;
}
