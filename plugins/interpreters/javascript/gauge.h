/* Makes QuickJS notice in time that a script goes too deep. Included before its source.

   Compiled code has two stacks: one in linear memory, which QuickJS can measure, and the host's own,
   which nobody in here can see. The host's runs out first. A call of a JavaScript function takes a
   fair share of both, so that measuring the one tells enough about the other; but the parser, JSON,
   proxies and iterators recurse with hardly any bytes in linear memory. So they pay DEEPER bytes for
   each level here.

   The macros stand for functions of QuickJS and tell a definition from a call by the first token
   between the parentheses. If a later QuickJS changes these, it doesn't compile. */
#ifndef GAUGE_H
#define GAUGE_H

#include "quickjs.h"

#define DEEPER 192

/* Bytes in the frame of the function that this is written in, which the compiler must keep. */
#define GO_DEEPER ({ char bytes[DEEPER]; __asm__ volatile("" : : "r"(bytes) : "memory"); })

/* What measures. Calls of JavaScript functions, which say how much they need, are left alone. */
#define js_check_stack_overflow(first, size) CHECK_##first, size)
#define CHECK_JSRuntime check_stack(JSRuntime
#define CHECK_rt check_stack(rt
#define CHECK_s check_stack(s
#define CHECK_ctx (GO_DEEPER, check_stack)(ctx

/* The parser measures whenever it reads a token, but a level further down than it recurses. */
#define next_token(first) TOKEN_##first)
#define TOKEN_JSParseState read_token(JSParseState
#define TOKEN_s (GO_DEEPER, read_token)(s

/* Just so the traps of proxies, when they look for their handler. */
#define get_proxy_method(first, ...) PROXY_##first, __VA_ARGS__)
#define PROXY_JSContext find_proxy_method(JSContext
#define PROXY_ctx (GO_DEEPER, find_proxy_method)(ctx

/* Iterators that are made of iterators don't measure at all. */
#define JS_IteratorNext2(first, ...) NEXT_##first, __VA_ARGS__)
#define NEXT_JSContext iterator_next(JSContext
#define NEXT_ctx (GO_DEEPER, measured_next)(ctx

static JSValue measured_next(JSContext *context, JSValueConst iterator, JSValueConst method, int count,
                             JSValueConst *values, int *done);

#endif
