/**
 * Object keys that JSON.parse of V8 gets wrong. In Node 22 to 26 an escaped key can come out as
 * another one that the process met before: after `{"h":[],"\\":0}` the key `"\""` of
 * `{"h":[],"\"":0}` reads `\` (nodejs/node issue 63785). Only keys spelled with an escape are
 * hit, values never; so a text with such a key is read here, and V8 only says whether it is valid.
 */

const backslash = 0x5c;
const colon = 0x3a;

/** Whether a key of `text` is spelled with an escape. What is not JSON gives either answer. */
export function hasEscapedKey(text: string): boolean {
  let escapeAt = text.indexOf("\\");
  let open = escapeAt < 0 ? -1 : text.indexOf('"');
  while (open >= 0) {
    const close = endOfString(text, open + 1);
    if (escapeAt < close && text.charCodeAt(skipSpace(text, close + 1)) === colon) return true;
    if (escapeAt < close) escapeAt = text.indexOf("\\", close);
    if (escapeAt < 0) return false;
    open = text.indexOf('"', close + 1);
  }
  return false;
}

/**
 * The value of `text`, which must be valid JSON, with every key as it is spelled. A number is what
 * `numberOf` makes of its text. Keys `__proto__` are own properties; of equal keys the last counts.
 */
export function readWithKeys(text: string, numberOf: (source: string) => unknown): unknown {
  const outer: Container[] = [];
  let inner: Container = [];
  const result = inner;
  let key: string | undefined;
  const enter = (container: Container): void => {
    put(inner, key, container);
    key = undefined;
    outer.push(inner);
    inner = container;
  };
  for (let position = skipSpace(text, 0); position < text.length; ) {
    let end = position + 1;
    switch (text[position]) {
      case "{":
        enter({});
        break;
      case "[":
        enter([]);
        break;
      case "}":
      case "]":
        inner = outer.pop() as Container;
        break;
      case ",":
      case ":":
        break;
      case '"': {
        end = endOfString(text, position + 1) + 1;
        const decoded = JSON.parse(text.slice(position, end)) as string;
        if (key === undefined && !Array.isArray(inner)) {
          key = decoded;
          break;
        }
        put(inner, key, decoded);
        key = undefined;
        break;
      }
      default: {
        end = endOfWord(text, position);
        put(inner, key, wordValue(text.slice(position, end), numberOf));
        key = undefined;
      }
    }
    position = skipSpace(text, end);
  }
  return (result as unknown[])[0];
}

type Container = unknown[] | Record<string, unknown>;

function put(container: Container, key: string | undefined, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else if (key === "__proto__") Object.defineProperty(container, key, { value, ...ownProperty });
  else container[key as string] = value;
}

const ownProperty = { enumerable: true, configurable: true, writable: true };

function wordValue(word: string, numberOf: (source: string) => unknown): unknown {
  if (word === "true" || word === "false") return word === "true";
  return word === "null" ? null : numberOf(word);
}

/** Position of the closing quote of the string whose content begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > from && text.charCodeAt(before - 1) === backslash) before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[-+.\w]/.test(text[at] as string)) at += 1;
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return at;
}
