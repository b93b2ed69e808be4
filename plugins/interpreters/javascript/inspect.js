// Owns how console.log shows what is no string. Evaluated when a script first logs such a value, so
// that the others don't pay for it. The value of this file is the function that makes the text.
(() => {
    "use strict";
    const MOST_ITEMS = 30;
    const DEEPEST = 3;
    const isName = /^[A-Za-z_$][\w$]*$/;

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
        const constructor = prototype.constructor;
        return (typeof constructor === "function" && constructor.name) || "Object";
    };

    const error = (value) => {
        const frame = /at .*/.exec(typeof value.stack === "string" ? value.stack : "");
        return `${value.name}: ${value.message}` + (frame ? ` ${frame[0]}` : "");
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
        return `[${kind}${value.name ? (kind === "class" ? " " : ": ") + value.name : " (anonymous)"}]`;
    };

    const inspect = (value, above) => {
        switch (typeof value) {
            case "string": return quoted(value);
            case "bigint": return `${value}n`;
            case "number": return Object.is(value, -0) ? "-0" : String(value);
            case "function": return callable(value);
            case "object": return value === null ? "null" : object(value, above);
            default: return String(value);
        }
    };

    const plain = (value) => typeof value === "string" ? value : inspect(value, []);

    const directives = {
        s: (value) => typeof value === "object" || typeof value === "function" ? inspect(value, []) : String(value),
        d: (value) => typeof value === "object" ? "NaN" : String(Number(value)),
        i: (value) => typeof value === "object" ? "NaN" : String(parseInt(value, 10)),
        f: (value) => String(parseFloat(value)),
        j: (value) => JSON.stringify(value),
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
