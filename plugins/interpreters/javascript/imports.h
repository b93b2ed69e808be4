/* Makes QuickJS refuse what a script imports where it says so: there is nothing to import. Included before its source.

   The macros stand for functions of QuickJS and tell a definition from a call by the first token between the
   parentheses, as in gauge.h. */
#ifndef IMPORTS_H
#define IMPORTS_H

#include "quickjs.h"

#define NO_MODULE "there is no module '%s': a script is one file"

/* The parser has come to the end of `from "name"`. */
#define add_req_module_entry(first, ...) REQUEST_##first, __VA_ARGS__)
#define REQUEST_JSContext request_module(JSContext
#define REQUEST_s (refuse_import)(s, s
#define REQUEST_ctx (refuse_import)(s, ctx

struct JSParseState;
static int refuse_import(struct JSParseState *state, JSContext *context, JSModuleDef *module, JSAtom name,
                         JSValueConst attributes);

/* `import("name")` is evaluated. */
#define js_dynamic_import(first, ...) IMPORT_##first, __VA_ARGS__)
#define IMPORT_JSContext import_module(JSContext
#define IMPORT_ctx (reject_import)(ctx

static JSValue reject_import(JSContext *context, JSValueConst name, JSValueConst options);

#endif
