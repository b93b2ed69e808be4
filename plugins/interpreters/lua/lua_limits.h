// Owns the one limit of Lua that is not its own. All files that are compiled with Lua's headers must
// see it, since Lua numbers its pseudo-indices from there.
#ifndef LUA_LIMITS_H
#define LUA_LIMITS_H

#include "luaconf.h"

// How many values Lua's stack may hold. A recursion without end stops here with "stack overflow", at
// 10 MB or so; with Lua's million, it would break the memory budget first.
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 200000

#endif
