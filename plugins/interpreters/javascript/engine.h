/* What the interpreter needs of QuickJS beyond its public interface. */
#ifndef ENGINE_H
#define ENGINE_H

#include "quickjs.h"

/* From here on down, the stack in linear memory is out of bounds: going deeper is a RangeError. */
void engine_limit_stack(JSRuntime *runtime, uintptr_t lowest);

/* Makes the hash tables of this context unpredictable, and Math.random, which takes a seed when it is
   first used. */
void engine_seed_with(JSContext *context, uint64_t (*source)(void));

/* Math.random takes another seed, and performance.now counts from now. */
void engine_begin_anew(JSContext *context);

/* Keeps an empty Uint8Array for ever. What objects have in common goes with the last one, so that
   otherwise it would be made anew for each chunk. */
void engine_keep_shapes(JSContext *context);

/* Has errors in regular expression literals say where these are. */
void engine_place_literals(JSContext *context);

/* Says where the text is wrong that an Error is about. */
void engine_place_error(JSContext *context, JSValueConst error, const char *file, int line, int column);

/* The first of an object's own keys that is none of these, or JS_ATOM_NULL. */
JSAtom engine_other_key(JSContext *context, JSValueConst object, const char *const *known);

/* The value of a name at the top level of classic scripts, whether it was declared with function,
   var, let, const or class, or assigned to globalThis. Undefined if there is no such name. */
JSValue engine_global(JSContext *context, JSAtom name);

/* A Uint8Array that takes over bytes from malloc. The collector counts them as its own. */
JSValue engine_bytes(JSContext *context, uint8_t *bytes, size_t length);

/* The trace of an Error as it was recorded, without asking the script's own getters for it. */
JSValue engine_trace(JSContext *context, JSValueConst error);

/* Whether a value is an object without an inside of its own: no Date, no Map, no Proxy. Whether that is
   what `{ ... }` makes, and no instance of a class. */
bool engine_is_plain(JSValueConst value);
bool engine_is_literal(JSContext *context, JSValueConst value);

/* A string with one character for each byte, that of the same number. */
JSValue engine_latin1(JSContext *context, const uint8_t *bytes, size_t length);

/* A string's length in UTF-16 units, and one of them, without flattening a concatenated string. */
uint32_t engine_units(JSValueConst string);
uint32_t engine_unit(JSValueConst string, uint32_t index);

#endif
