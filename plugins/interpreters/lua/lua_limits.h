// Owns the limits of Lua that are not its own. All files that are compiled with Lua's headers must
// see them, since Lua numbers its pseudo-indices from there.
#ifndef LUA_LIMITS_H
#define LUA_LIMITS_H

#include "luaconf.h"

// How many values Lua's stack may hold. A recursion without end stops here with "stack overflow", at
// 10 MB or so; with Lua's million, it would break the memory budget first.
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 200000

// Places for short strings from the start. Lua's own libraries have more than 256 of them, and a table that has grown lies
// behind all that was there before: a page of a connection's own for one more string.
#define MINSTRTABSIZE 512

#endif
