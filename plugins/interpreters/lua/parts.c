// Turns what scripts pass to the embedding program into the parts of `wit/script.wit`, and such parts into values. It
// must not know which function they are for.
//
// All is measured first, and then written while Lua allocates nothing. So neither the collector nor a finalizer of the
// script's runs in between, and bytes stay where Lua has them. Only fields are read, and no metamethod is called.
#include "interpreter.h"

#include <string.h>

enum {
    // How deep values may be nested. One that contains itself ends here too.
    DEEPEST = 32,
    // How many parts the arguments of one call may have. They take 1 MiB.
    MOST_PARTS = 65536,
    // Places on Lua's stack that each level takes.
    PLACES = 3,
};

typedef eco_plugin_script_part_t part_t;

struct measure {
    size_t parts, names, letters;
};

// Where the next of each is written.
struct writer {
    part_t *part;
    script_interpreter_string_t *name;
    uint8_t *letter;
};

static enum { LIST, RECORD, NEITHER } table_kind(lua_State *L, size_t *count) {
    size_t strings = 0;
    *count = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        strings += lua_type(L, -1) == LUA_TSTRING;
        ++*count;
    }
    if (strings > 0) return strings == *count ? RECORD : NEITHER;
    return *count == lua_rawlen(L, -1) ? LIST : NEITHER;
}

static void measure_value(lua_State *L, const char *name, int depth, struct measure *measure);

static void measure_table(lua_State *L, const char *name, int depth, struct measure *measure) {
    size_t count;
    switch (table_kind(L, &count)) {
    case LIST:
        for (size_t i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i);
            measure_value(L, name, depth + 1, measure);
            lua_pop(L, 1);
        }
        return;
    case RECORD:
        measure->names += count;
        lua_pushnil(L);
        while (lua_next(L, -2)) {
            measure_value(L, name, depth + 1, measure);
            lua_pop(L, 1);
            size_t length;
            const char *key = lua_tolstring(L, -1, &length);
            if (!is_utf8((const unsigned char *)key, length)) luaL_error(L, "%s takes fields with names in UTF-8", name);
            measure->letters += length;
        }
        return;
    default:
        luaL_error(L, "%s takes a table with the keys 1 to n, or with strings for all keys", name);
    }
}

// Measures the value on the top, or raises an error.
static void measure_value(lua_State *L, const char *name, int depth, struct measure *measure) {
    if (depth > DEEPEST) luaL_error(L, "%s takes values that are nested %d deep at most", name, DEEPEST);
    if (++measure->parts > MOST_PARTS) luaL_error(L, "%s takes at most %d values", name, MOST_PARTS);
    int whole = true;
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TSTRING:
        return;
    case LUA_TNUMBER:
        lua_tointegerx(L, -1, &whole);
        if (!whole) luaL_error(L, "%s takes whole numbers, and not %f", name, lua_tonumber(L, -1));
        return;
    case LUA_TTABLE:
        measure_table(L, name, depth, measure);
        return;
    default:
        luaL_error(L, "%s takes nil, a boolean, a whole number, a string or a table, and not %s", name,
                   type_with_article(L, -1));
    }
}

static void write_value(lua_State *L, struct writer *to);

static void write_names(lua_State *L, size_t count, part_t *part, struct writer *to) {
    *part = (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_FIELDS, .val.fields = {to->name, count}};
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        size_t length;
        const char *key = lua_tolstring(L, -1, &length);
        *to->name++ = (script_interpreter_string_t){to->letter, length};
        for (size_t i = 0; i < length; i++) *to->letter++ = key[i] == '_' ? '-' : (uint8_t)key[i];
    }
}

static void write_table(lua_State *L, part_t *part, struct writer *to) {
    size_t count;
    if (table_kind(L, &count) == LIST) {
        *part = (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_ITEMS, .val.items = (uint32_t)count};
        for (size_t i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i);
            write_value(L, to);
            lua_pop(L, 1);
        }
        return;
    }
    write_names(L, count, part, to);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        write_value(L, to);
        lua_pop(L, 1);
    }
}

// Strings of Lua hold any bytes: those that are text are passed as that.
static part_t string_part(lua_State *L) {
    size_t length;
    uint8_t *bytes = (uint8_t *)lua_tolstring(L, -1, &length);
    if (is_utf8(bytes, length))
        return (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_TEXT, .val.text = {bytes, length}};
    return (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_BYTES, .val.bytes = {bytes, length}};
}

static void write_value(lua_State *L, struct writer *to) {
    part_t *part = to->part++;
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        *part = (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_FLAG, .val.flag = lua_toboolean(L, -1)};
        return;
    case LUA_TNUMBER:
        *part = (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_SIGNED, .val.signed_ = lua_tointeger(L, -1)};
        return;
    case LUA_TSTRING:
        *part = string_part(L);
        return;
    case LUA_TTABLE:
        write_table(L, part, to);
        return;
    default:
        *part = (part_t){.tag = ECO_PLUGIN_SCRIPT_PART_NONE};
    }
}

// Takes the first values of the stack as parts, which memory_give_back has to be called for. Their bytes are Lua's: they
// stay as long as nothing of Lua runs.
struct parts take_parts(lua_State *L, const char *name, int count) {
    struct measure measure = {0};
    luaL_checkstack(L, PLACES * (DEEPEST + 2), "too many values");
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        measure_value(L, name, 0, &measure);
        lua_pop(L, 1);
    }
    struct parts parts = {.count = measure.parts};
    struct writer to = {0};
    parts.size = measure.parts * sizeof *to.part + measure.names * sizeof *to.name + measure.letters;
    if (parts.size == 0) return parts;
    parts.first = memory_take(parts.size);
    if (parts.first == NULL) luaL_error(L, "not enough memory");
    to.part = parts.first;
    to.name = (script_interpreter_string_t *)(to.part + measure.parts);
    to.letter = (uint8_t *)(to.name + measure.names);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        write_value(L, &to);
        lua_pop(L, 1);
    }
    return parts;
}

// From `get-all` to `get_all`, in place.
void spell_in_lua(const script_interpreter_string_t *name) {
    for (size_t i = 0; i < name->len; i++) {
        if (name->ptr[i] == '-') name->ptr[i] = '_';
    }
}

static void push_value(lua_State *L, const eco_plugin_script_list_part_t *parts, size_t *at);

static void push_items(lua_State *L, uint32_t count, const eco_plugin_script_list_part_t *parts, size_t *at) {
    lua_newtable(L);
    for (uint32_t i = 1; i <= count; i++) {
        push_value(L, parts, at);
        lua_rawseti(L, -2, i);
    }
}

static void push_fields(lua_State *L, const script_interpreter_list_string_t *names,
                        const eco_plugin_script_list_part_t *parts, size_t *at) {
    lua_newtable(L);
    for (size_t i = 0; i < names->len; i++) {
        spell_in_lua(&names->ptr[i]);
        push_bytes(L, names->ptr[i].ptr, names->ptr[i].len);
        push_value(L, parts, at);
        lua_rawset(L, -3);
    }
    give_back_list(names->ptr, names->len * sizeof *names->ptr);
}

// The host's values are as deep as their types. What is beyond an integer of Lua's has the same 64 bits.
static void push_value(lua_State *L, const eco_plugin_script_list_part_t *parts, size_t *at) {
    luaL_checkstack(L, PLACES, "too many values");
    const part_t none = {.tag = ECO_PLUGIN_SCRIPT_PART_NONE};
    const part_t *part = *at < parts->len ? &parts->ptr[(*at)++] : &none;
    switch (part->tag) {
    case ECO_PLUGIN_SCRIPT_PART_FLAG:
        lua_pushboolean(L, part->val.flag);
        return;
    case ECO_PLUGIN_SCRIPT_PART_SIGNED:
        lua_pushinteger(L, part->val.signed_);
        return;
    case ECO_PLUGIN_SCRIPT_PART_UNSIGNED:
        lua_pushinteger(L, (lua_Integer)part->val.unsigned_);
        return;
    case ECO_PLUGIN_SCRIPT_PART_TEXT:
        push_bytes(L, part->val.text.ptr, part->val.text.len);
        return;
    case ECO_PLUGIN_SCRIPT_PART_BYTES:
        push_bytes(L, part->val.bytes.ptr, part->val.bytes.len);
        return;
    case ECO_PLUGIN_SCRIPT_PART_ITEMS:
        push_items(L, part->val.items, parts, at);
        return;
    case ECO_PLUGIN_SCRIPT_PART_FIELDS:
        push_fields(L, &part->val.fields, parts, at);
        return;
    default:
        lua_pushnil(L);
    }
}

// Pushes the value that the host has written as these parts. What Lua hasn't seen yet must not be collected: so nothing
// is.
void push_parts(lua_State *L, const eco_plugin_script_list_part_t *parts) {
    size_t at = 0;
    lua_gc(L, LUA_GCSTOP);
    push_value(L, parts, &at);
    give_back_list(parts->ptr, parts->len * sizeof *parts->ptr);
    lua_gc(L, LUA_GCRESTART);
}
