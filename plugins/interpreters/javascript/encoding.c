/* Owns TextEncoder and TextDecoder, as the WHATWG's standard has them: UTF-8, and for bytes Latin-1.
   That is ISO-8859-1 here, a character for each byte, and not the Windows-1252 that the standard gives the
   name to: what has 32 other characters is of no use for bytes. */

#include <stdlib.h>
#include <strings.h>

#include "engine.h"
#include "interpreter.h"

static JSClassID decoder_class;

struct decoder {
    bool latin1;
    bool fatal;
    bool keeps_mark;
    /* Set once the first character of a stream has gone by: only there a mark is left out. */
    bool started;
    /* The beginning of a character that the last chunk cut. */
    uint8_t rest[3];
    size_t rest_length;
};

static JSValue encoding_name(JSContext *context, JSValueConst this) {
    return JS_NewString(context, "utf-8");
}

static JSValue decoder_encoding(JSContext *context, JSValueConst this) {
    struct decoder *decoder = JS_GetOpaque2(context, this, decoder_class);
    if (!decoder) return JS_EXCEPTION;
    return JS_NewString(context, decoder->latin1 ? "iso-8859-1" : "utf-8");
}

static JSValue new_encoder(JSContext *context, JSValueConst target, int count, JSValueConst *values) {
    JSValue prototype = JS_GetPropertyStr(context, target, "prototype");
    JSValue encoder = JS_NewObjectProto(context, prototype);
    JS_FreeValue(context, prototype);
    return encoder;
}

static JSValue encode(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    if (count == 0 || JS_IsUndefined(values[0])) return JS_NewUint8ArrayCopy(context, NULL, 0);
    JSValue text = JS_ToString(context, values[0]);
    bytes_t bytes;
    const char *utf8;
    if (JS_IsException(text) || !bytes_find(context, text, &bytes, &utf8)) {
        JS_FreeValue(context, text);
        return JS_EXCEPTION;
    }
    JSValue encoded = JS_NewUint8ArrayCopy(context, bytes.ptr, bytes.len);
    JS_FreeCString(context, utf8);
    JS_FreeValue(context, text);
    return encoded;
}

/* A flag of the options, which are the second argument. */
static bool get_flag(JSContext *context, int count, JSValueConst *values, const char *name, bool *flag) {
    *flag = false;
    if (count < 2 || !JS_IsObject(values[1])) return true;
    JSValue value = JS_GetPropertyStr(context, values[1], name);
    if (JS_IsException(value)) return false;
    *flag = JS_ToBool(context, value) == 1;
    JS_FreeValue(context, value);
    return true;
}

static bool read_label(JSContext *context, JSValueConst label, bool *latin1) {
    static const char *const names[] = { "utf-8", "utf8", "latin1", "iso-8859-1" };
    const char *text = JS_ToCString(context, label);
    if (!text) return false;
    int i = 0;
    while (i < 4 && strcasecmp(text, names[i])) i++;
    *latin1 = i >= 2;
    if (i == 4) JS_ThrowRangeError(context, "TextDecoder knows utf-8 and latin1, and not %.50s", text);
    JS_FreeCString(context, text);
    return i < 4;
}

static JSValue new_decoder(JSContext *context, JSValueConst target, int count, JSValueConst *values) {
    static const char *const options[] = { "fatal", "ignoreBOM", NULL };
    bool latin1 = false, fatal, keeps_mark;
    if (count > 0 && !JS_IsUndefined(values[0]) && !read_label(context, values[0], &latin1))
        return JS_EXCEPTION;
    if (count > 1 && !options_check(context, "TextDecoder", values[1], options)) return JS_EXCEPTION;
    if (!get_flag(context, count, values, "fatal", &fatal)) return JS_EXCEPTION;
    if (!get_flag(context, count, values, "ignoreBOM", &keeps_mark)) return JS_EXCEPTION;
    JSValue prototype = JS_GetPropertyStr(context, target, "prototype");
    JSValue object = JS_NewObjectProtoClass(context, prototype, decoder_class);
    JS_FreeValue(context, prototype);
    if (JS_IsException(object)) return object;
    struct decoder *decoder = js_mallocz(context, sizeof *decoder);
    decoder->latin1 = latin1;
    decoder->fatal = fatal;
    decoder->keeps_mark = keeps_mark;
    JS_SetOpaque(object, decoder);
    return object;
}

static void free_decoder(JSRuntime *runtime, JSValueConst object) {
    js_free_rt(runtime, JS_GetOpaque(object, decoder_class));
}

struct survey {
    size_t whole, broken, broken_bytes, cut_bytes;
};

/* Most text is ASCII, and eight characters of it are told at a time. */
static const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end) {
    uint64_t eight;
    while (end - at >= 8 && (memcpy(&eight, at, 8), (eight & 0x8080808080808080) == 0)) at += 8;
    return at;
}

/* Walks the bytes once, writing what they stand for unless `to` is null. */
static struct survey walk(const uint8_t *at, size_t length, bool more_follows, uint8_t *to) {
    const uint8_t *end = at + length;
    struct survey survey = { 0 };
    while (at < end) {
        const uint8_t *ascii_end = skip_ascii(at, end);
        bool cut = false;
        int step = ascii_end < end ? utf8_sequence(ascii_end, (size_t) (end - ascii_end), &cut) : 0;
        size_t whole = (size_t) (ascii_end - at) + (size_t) (step > 0 ? step : 0);
        if (to) to = (uint8_t *) memcpy(to, at, whole) + whole;
        survey.whole += whole;
        at += whole;
        if (step >= 0) continue;
        if (cut && more_follows) {
            survey.cut_bytes = (size_t) -step;
            break;
        }
        if (to) to = (uint8_t *) memcpy(to, "\xEF\xBF\xBD", 3) + 3;
        survey.broken++;
        survey.broken_bytes += (size_t) -step;
        at += -step;
    }
    return survey;
}

static JSValue decoded(JSContext *context, struct decoder *decoder, const uint8_t *bytes,
                       size_t length, bool more_follows) {
    struct survey survey = walk(bytes, length, more_follows, NULL);
    decoder->rest_length = survey.cut_bytes;
    memcpy(decoder->rest, bytes + length - survey.cut_bytes, survey.cut_bytes);
    if (survey.broken > 0 && decoder->fatal) {
        decoder->rest_length = 0;
        decoder->started = false;
        return JS_ThrowTypeError(context, "the bytes are not valid UTF-8");
    }
    size_t size = survey.whole + 3 * survey.broken;
    uint8_t *mended = NULL;
    if (survey.broken > 0) {
        mended = js_malloc(context, size);
        if (!mended) return JS_EXCEPTION;
        walk(bytes, length, more_follows, mended);
        bytes = mended;
    }
    size_t mark = !decoder->started && !decoder->keeps_mark && size >= 3 &&
                  memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    decoder->started = more_follows && (decoder->started || size > 0);
    JSValue text = JS_NewStringLen(context, (const char *) bytes + mark, size - mark);
    js_free(context, mended);
    return text;
}

/* The bytes of an ArrayBuffer or of any view of one. They must not outlive the next call into the
   engine that may run a script. */
static const uint8_t *viewed(JSContext *context, JSValueConst value, size_t *length) {
    if (JS_IsArrayBuffer(value)) return JS_GetArrayBuffer(context, length, value);
    if (JS_GetTypedArrayType(value) == JS_TYPED_ARRAY_UINT8)
        return JS_GetUint8Array(context, length, value);
    size_t offset, whole;
    JSValue buffer = JS_GetTypedArrayBuffer(context, value, &offset, length, NULL);
    if (JS_IsException(buffer)) return NULL;
    const uint8_t *bytes = JS_GetArrayBuffer(context, &whole, buffer);
    JS_FreeValue(context, buffer);
    return bytes ? bytes + offset : NULL;
}

static JSValue decode(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    static const char *const options[] = { "stream", NULL };
    struct decoder *decoder = JS_GetOpaque2(context, this, decoder_class);
    bool more_follows;
    if (!decoder || (count > 1 && !options_check(context, "decode", values[1], options)) ||
        !get_flag(context, count, values, "stream", &more_follows))
        return JS_EXCEPTION;
    size_t length = 0;
    const uint8_t *bytes = NULL;
    if (count > 0 && !JS_IsUndefined(values[0])) {
        bytes = viewed(context, values[0], &length);
        if (!bytes && JS_HasException(context)) return JS_EXCEPTION;
    }
    if (decoder->latin1) return engine_latin1(context, bytes, length);
    size_t rest = decoder->rest_length;
    if (rest == 0) return decoded(context, decoder, bytes, length, more_follows);
    uint8_t *joined = js_malloc(context, rest + length);
    if (!joined) return JS_EXCEPTION;
    memcpy(joined, decoder->rest, rest);
    if (length > 0) memcpy(joined + rest, bytes, length);
    JSValue text = decoded(context, decoder, joined, rest + length, more_follows);
    js_free(context, joined);
    return text;
}

static const JSCFunctionListEntry encoder_members[] = {
    JS_CFUNC_DEF("encode", 0, encode),
    JS_CGETSET_DEF("encoding", encoding_name, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextEncoder", JS_PROP_CONFIGURABLE),
};

static const JSCFunctionListEntry decoder_members[] = {
    JS_CFUNC_DEF("decode", 0, decode),
    JS_CGETSET_DEF("encoding", decoder_encoding, NULL),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "TextDecoder", JS_PROP_CONFIGURABLE),
};

static void define_class(JSContext *context, JSValueConst global, const char *name, JSCFunction *make,
                         JSValue prototype) {
    JSValue constructor = JS_NewCFunction2(context, make, name, 0, JS_CFUNC_constructor, 0);
    JS_SetConstructor(context, constructor, prototype);
    JS_FreeValue(context, prototype);
    JS_DefinePropertyValueStr(context, global, name, constructor,
                              JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
}

void encoding_define(JSContext *context, JSValueConst global) {
    static const JSClassDef class = { .class_name = "TextDecoder", .finalizer = free_decoder };
    JS_NewClassID(JS_GetRuntime(context), &decoder_class);
    JS_NewClass(JS_GetRuntime(context), decoder_class, &class);
    JSValue encoder = JS_NewObject(context), decoder = JS_NewObject(context);
    JS_SetPropertyFunctionList(context, encoder, encoder_members, 3);
    JS_SetPropertyFunctionList(context, decoder, decoder_members, 3);
    define_class(context, global, "TextEncoder", new_encoder, encoder);
    define_class(context, global, "TextDecoder", new_decoder, decoder);
}
