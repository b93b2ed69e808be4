// Takes what a script passes to an import, as the host wants it, or raises an error. It must not know what it is
// for.
#include "interpreter.h"

#include <math.h>

script_interpreter_string_t check_text(lua_State *L, int index) {
    script_interpreter_string_t text;
    text.ptr = (uint8_t *)luaL_checklstring(L, index, &text.len);
    // The contract's strings are Unicode.
    if (!is_utf8(text.ptr, text.len)) luaL_argerror(L, index, "a text in UTF-8 is wanted");
    return text;
}

script_interpreter_list_u8_t check_bytes(lua_State *L, int index) {
    script_interpreter_list_u8_t bytes;
    bytes.ptr = (uint8_t *)luaL_checklstring(L, index, &bytes.len);
    return bytes;
}

// Seconds as nanoseconds. What is beyond three centuries is as good as for ever.
uint64_t check_nanoseconds(lua_State *L, int index) {
    lua_Number seconds = luaL_checknumber(L, index);
    if (!(seconds >= 0)) luaL_argerror(L, index, "seconds are 0 or more");
    return (uint64_t)round(fmin(seconds, 9e9) * 1e9);
}
