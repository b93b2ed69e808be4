// Owns how console.log shows what is no string. Evaluated when a script first logs such a value, so
// that the others don't pay for it. The value of this file is the function that makes the text.
(() => {
    "use strict";
    const MOST_ITEMS = 30;
    const DEEPEST = 3;
    const HIDDEN = "(a value that can't be shown)";
    const isName = /^[A-Za-z_$][\w$]*$/;

    // What is shown may throw whenever it is asked: getters, Proxies, methods that conversions call.
    const attempt = (ask, otherwise) => {
        try {
            return ask();
        } catch {
            return otherwise;
        }
    };

    const quoted = (text) => "'" + JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'") + "'";

    const head = (items, count, one) => {
        const shown = [];
        for (const item of items) {
            if (shown.length === MOST_ITEMS) {
                shown.push(count - MOST_ITEMS + " more");
                break;
            }
            shown.push(one(item));
        }
        return shown;
    };

    const wrapped = (label, open, items, close) =>
        label + (items.length ? `${open} ${items.join(", ")} ${close}` : open + close);

    const className = (object) => {
        const prototype = Object.getPrototypeOf(object);
        if (prototype === null) return "[Object: null prototype]";
        const constructor = attempt(() => prototype.constructor);
        return (typeof constructor === "function" && nameOf(constructor)) || "Object";
    };

    // A text that a value has, and nothing if that is another thing.
    const textOf = (value, key) => {
        const text = attempt(() => value[key]);
        return typeof text === "string" ? text : "";
    };

    const nameOf = (value) => textOf(value, "name");

    const error = (value) => {
        const frame = /at .*/.exec(textOf(value, "stack"));
        const message = textOf(value, "message");
        return (nameOf(value) || "Error") + (message && `: ${message}`) + (frame ? ` ${frame[0]}` : "");
    };

    const property = (object, key, above) => {
        const field = Object.getOwnPropertyDescriptor(object, key);
        const name = typeof key === "symbol" ? `[${String(key)}]` : isName.test(key) ? key : quoted(key);
        if (field && field.get) return `${name}: [${field.set ? "Getter/Setter" : "Getter"}]`;
        if (field && field.set) return `${name}: [Setter]`;
        return `${name}: ${inspect(field ? field.value : object[key], above)}`;
    };

    const properties = (object, above) => {
        const keys = Reflect.ownKeys(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key));
        return head(keys, keys.length, (key) => property(object, key, above));
    };

    const collection = (value, name, above) => {
        if (Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView)) {
            const label = name === "Array" ? "" : `${name}(${value.length}) `;
            return wrapped(label, "[", head(value, value.length, (item) => inspect(item, above)), "]");
        }
        if (value instanceof Set)
            return wrapped(`${name}(${value.size}) `, "{", head(value, value.size, (item) => inspect(item, above)), "}");
        if (value instanceof Map) {
            const entry = ([key, item]) => `${inspect(key, above)} => ${inspect(item, above)}`;
            return wrapped(`${name}(${value.size}) `, "{", head(value, value.size, entry), "}");
        }
        if (value instanceof ArrayBuffer) return `${name} { byteLength: ${value.byteLength} }`;
        return wrapped(name === "Object" ? "" : `${name} `, "{", properties(value, above), "}");
    };

    const object = (value, above) => {
        if (above.includes(value)) return "[Circular]";
        const name = className(value);
        if (value instanceof Error) return error(value);
        if (value instanceof RegExp) return String(value);
        if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
        if (above.length === DEEPEST) return Array.isArray(value) ? "[Array]" : `[${name}]`;
        return collection(value, name, [...above, value]);
    };

    const callable = (value) => {
        const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function";
        const name = nameOf(value);
        return `[${kind}${name ? (kind === "class" ? " " : ": ") + name : " (anonymous)"}]`;
    };

    const inspect = (value, above) => {
        switch (typeof value) {
            case "string": return quoted(value);
            case "bigint": return `${value}n`;
            case "number": return Object.is(value, -0) ? "-0" : String(value);
            case "function": return attempt(() => callable(value), HIDDEN);
            case "object": return value === null ? "null" : attempt(() => object(value, above), HIDDEN);
            default: return String(value);
        }
    };

    const plain = (value) => typeof value === "string" ? value : inspect(value, []);

    // As a number, by a function that makes one of what has no inside.
    const number = (value, convert) => {
        if (typeof value === "bigint") return `${value}n`;
        return ["object", "function", "symbol"].includes(typeof value) ? "NaN" : String(convert(value));
    };

    const directives = {
        s: (value) => typeof value === "object" || typeof value === "function" ? inspect(value, []) : String(value),
        d: (value) => number(value, Number),
        i: (value) => number(value, (value) => parseInt(value, 10)),
        f: (value) => number(value, parseFloat),
        j: (value) => attempt(() => JSON.stringify(value)) ?? inspect(value, []),
        o: (value) => inspect(value, []),
        O: (value) => inspect(value, []),
        c: () => "",
    };

    return (...values) => {
        let text = "";
        if (typeof values[0] === "string") {
            text = values.shift().replace(/%([sdifjoOc%])/g, (whole, letter) =>
                letter === "%" ? "%" : values.length === 0 ? whole : directives[letter](values.shift()));
            if (values.length > 0) text += " ";
        }
        return text + values.map(plain).join(" ");
    };
})()
