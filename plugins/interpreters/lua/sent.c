// Owns what a script has sent by send in the running call: bytes that go before what it returns.
#include "interpreter.h"

#include <string.h>

static char *sent;
static size_t length, room;

void add_sent(lua_State *L, const char *bytes, size_t size) {
    if (length + size > room) {
        size_t more = 2 * (length + size);
        char *grown = room == 0 ? memory_take(more) : memory_resize(sent, room, more);
        if (grown == NULL) luaL_error(L, "not enough memory");
        sent = grown;
        room = more;
    }
    if (size > 0) memcpy(sent + length, bytes, size);
    length += size;
}

static int send_bytes(lua_State *L) {
    check_phase(L, "send");
    if (phase == CLOSING) return luaL_error(L, "send: the connection is closed");
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    add_sent(L, bytes, size);
    return 0;
}

void forget_sent(void) {
    length = 0;
}

// Puts what was sent before the string, or nil, on the top, and joins both there.
void push_sent(lua_State *L) {
    if (length == 0) return;
    if (lua_isnoneornil(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, sent, length);
        return;
    }
    lua_pushlstring(L, sent, length);
    lua_insert(L, -2);
    lua_concat(L, 2);
}

void open_sent(lua_State *L) {
    lua_register(L, "send", send_bytes);
}
