// Owns how bytes come in: the host writes a chunk where Lua has it as a string, so that it isn't copied
// again. It must not know what the bytes are.
#include "interpreter.h"

#include <stdint.h>
#include <stdlib.h>

// Of most systems.
enum { PAGE = 4096 };

// Whether the long ones of this call are strings already. What comes before the script was evaluated,
// its own text for one, is not.
//
// It is the first of all variables that calls write, as the files are linked. The others follow it, and then the first
// blocks of Lua's own: together they take up one page and a part of the next, and the whole of each would be a connection's own.
static _Alignas(PAGE) bool in_strings;

// What the host calls before it hands over bytes, in place of the bindings' own. It calls it for
// nothing else, since all other values are passed as they are.
__attribute__((__export_name__("cabi_realloc")))
void *cabi_realloc(void *none, size_t old_size, size_t alignment, size_t size) {
    (void)none;
    (void)old_size;
    if (size == 0) return (void *)alignment;
    // More than this makes Lua's own sum of a string's size wrap around.
    if (size > PTRDIFF_MAX) abort();
    lua_State *L = evaluated_state();
    in_strings = L != NULL;
    if (in_strings && !is_short(size)) return make_room(L, size);
    void *block = memory_take(size);
    if (block == NULL) abort();
    return block;
}

// For what the host has handed over before the script was evaluated.
void give_back_bytes(const uint8_t *bytes, size_t length) {
    if (length > 0) memory_give_back((void *)bytes, length);
}

// For a list of the host's that isn't bytes, once it has been read. A long one is a string that nobody has.
void give_back_list(const void *list, size_t size) {
    if (size > 0 && !(in_strings && !is_short(size))) memory_give_back((void *)list, size);
}

// Pushes what the host has handed over, as a string. Nothing of Lua may run before: the collector
// doesn't know of the string yet.
void push_bytes(lua_State *L, const uint8_t *bytes, size_t length) {
    const char *at = (const char *)bytes;
    if (in_strings && !is_short(length)) {
        push_room(L, at);
    } else {
        lua_pushlstring(L, at, length);
        give_back_bytes(bytes, length);
    }
}
