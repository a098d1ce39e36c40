/*
 * Checks evidence of an audit trail, as docs/ledger-format.md of the portal describes it, without the portal and without a network.
 *
 *   node verify.js bundle.zip [--key VKEY|FILE]... [--policy FILE] [--since CHECKPOINT] [--max-age 24h] [--quick] [--json]
 *   node verify.js item.tlog-proof [--payload item.json] [--key VKEY|FILE]... [--policy FILE] [--max-age 24h] [--json]
 *   node verify.js --consistency OLDER NEWER PROOF [--key VKEY|FILE]... [--policy FILE] [--json]
 *
 * Exit status: 0 sound, 1 tampered, 2 incomplete, 3 stale, 4 unsigned, 5 unknown key; 64 when called wrongly.
 * Needs Node 18 or newer and nothing else. verify.html holds this same text and runs it in a browser.
 *
 * It was written from that page alone, not from verify.py: an error in one is not an error in the other.
 */
'use strict';

(function () {
const NODE = typeof process !== 'undefined' && !!(process.versions && process.versions.node) && typeof require === 'function';
const node = NODE ? { crypto: require('crypto'), fs: require('fs'), zlib: require('zlib'), stream: require('stream'), path: require('path') } : null;

const STATUS = { sound: 0, tampered: 1, 'unknown key': 5, unsigned: 4, incomplete: 2, stale: 3 };
// In the order in which they count.
const SEVERITY = ['tampered', 'unknown key', 'unsigned', 'incomplete', 'stale'];
const LEEWAY = 300; // seconds that clocks and batches may differ, by the format
const MOST_OF_A_KIND = 20; // findings of one kind that are listed; the rest is counted
const LONGEST_LINE = 8 * 1024 * 1024;
const LARGEST_TREE = 2 ** 40;
const MOST_SIGNATURE_LINES = 64;
const FIRST_SIGNATURES = 100; // this many checkpoints from the first are all verified, later ones where they count
const BOUND_BY_THE_TREE = 'entries.jsonl'; // whose bytes are hashed into the tree, so that --quick does not hash them a second time
const DEEPEST = 500; // objects and lists within each other, the outermost counted
const MEMBERS = ['README.txt', 'verify.py', 'verify.js', 'verify.html', 'manifest.json', 'entries.jsonl', 'checkpoints.jsonl', 'anchors.jsonl',
  'cards.jsonl', 'keys.txt'];
const ATTACHED = /^attached\/[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/; // what else may be in a bundle, named by the event of the export
const MOST_ATTACHED = 500;

function isMember(name) { return MEMBERS.includes(name) || ATTACHED.test(name); }

class Unreadable extends Error {} // the bytes are not what the format says

// ---------------------------------------------------------------------------------------------------------------- bytes and text

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(text) { return encoder.encode(text); }

function textOf(bytes) {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw new Unreadable('not UTF-8');
  }
}

function hex(bytes) {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function same(one, other) {
  if (!one || !other || one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bytes of standard base64 with padding; null when it is anything else, or not the only way to write these bytes. */
function unbase64(text) {
  if (typeof text !== 'string' || !BASE64.test(text)) return null;
  const raw = atob(text);
  if (btoa(raw) !== text) return null;
  return Uint8Array.from(raw, (char) => char.charCodeAt(0));
}

// ------------------------------------------------------------------------------------------------------ SHA-2, where the host has none
// Their constants are the first bits of roots of the first primes, so they are computed instead of copied.

function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
}

/** The first 64 bits behind the point of the square (2) or cube (3) root of n. */
function rootBits(n, power) {
  const target = BigInt(n) << BigInt(64 * power);
  let low = 0n;
  let high = 1n << 70n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(power) <= target) low = middle;
    else high = middle;
  }
  return low & 0xffffffffffffffffn;
}

const K512 = primes(80).map((prime) => rootBits(prime, 3));
const H512 = primes(8).map((prime) => rootBits(prime, 2));
const K256 = Uint32Array.from(K512.slice(0, 64), (bits) => Number(bits >> 32n));
const H256 = Uint32Array.from(H512, (bits) => Number(bits >> 32n));

/** SHA-256, piece by piece. */
class Sha256 {
  constructor() {
    this.state = Uint32Array.from(H256);
    this.block = new Uint8Array(64);
    this.words = new Int32Array(64);
    this.filled = 0;
    this.length = 0;
  }

  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.filled) {
      at = Math.min(64 - this.filled, bytes.length);
      this.block.set(bytes.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < 64) return this;
      this.take(this.block, 0);
      this.filled = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.take(bytes, at);
    this.block.set(bytes.subarray(at));
    this.filled = bytes.length - at;
    return this;
  }

  take(bytes, at) {
    const words = this.words;
    const state = this.state;
    for (let i = 0; i < 16; i++, at += 4) words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K256[i] + words[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  digest() {
    const bits = this.length * 8;
    const tail = new Uint8Array((this.filled < 56 ? 64 : 128) - this.filled);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(tail.length - 4, bits >>> 0);
    this.update(tail);
    const out = new Uint8Array(32);
    const written = new DataView(out.buffer);
    this.state.forEach((word, i) => written.setUint32(4 * i, word));
    return out;
  }
}

/** SHA-512 of a short message, for signatures only. */
function sha512(message) {
  const mask = 0xffffffffffffffffn;
  const rotated = (x, n) => ((x >> n) | (x << (64n - n))) & mask;
  const padded = new Uint8Array(Math.ceil((message.length + 17) / 128) * 128);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const state = H512.slice();
  for (let start = 0; start < padded.length; start += 128) {
    const words = [];
    for (let i = 0; i < 16; i++) words.push(view.getBigUint64(start + 8 * i));
    for (let i = 16; i < 80; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      const s0 = rotated(x, 1n) ^ rotated(x, 8n) ^ (x >> 7n);
      const s1 = rotated(y, 19n) ^ rotated(y, 61n) ^ (y >> 6n);
      words.push((words[i - 16] + s0 + words[i - 7] + s1) & mask);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const s1 = rotated(e, 14n) ^ rotated(e, 18n) ^ rotated(e, 41n);
      const one = h + s1 + ((e & f) ^ (~e & mask & g)) + K512[i] + words[i];
      const s0 = rotated(a, 28n) ^ rotated(a, 34n) ^ rotated(a, 39n);
      const two = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = (d + one) & mask; d = c; c = b; b = a; a = (one + two) & mask;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) & mask; });
  }
  const out = new Uint8Array(64);
  const written = new DataView(out.buffer);
  state.forEach((word, i) => written.setBigUint64(8 * i, word));
  return out;
}

const newHash = NODE ? () => node.crypto.createHash('sha256') : () => new Sha256();
const sha256 = NODE
  ? (node.crypto.hash ? (bytes) => node.crypto.hash('sha256', bytes, 'buffer') : (bytes) => node.crypto.createHash('sha256').update(bytes).digest())
  : (bytes) => new Sha256().update(bytes).digest();

function hmac(key, message) {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha256(key) : key);
  const inner = sha256(joined(block.map((byte) => byte ^ 0x36), message));
  return sha256(joined(block.map((byte) => byte ^ 0x5c), inner));
}

// ----------------------------------------------------------------------------------------------------------------------- Ed25519
// RFC 8032 with plain big integers: some milliseconds a signature, for browsers whose own cryptography lacks it. Nothing here is secret.

const P = (1n << 255n) - 19n;
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

function mod(x) { const rest = x % P; return rest < 0n ? rest + P : rest; }

function power(base, exponent) {
  let result = 1n;
  for (base = mod(base); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

function inverse(x) { return power(x, P - 2n); }

const D = mod(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

function littleEndian(bytes) {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}

/** The point (X, Y, Z, T) that 32 bytes stand for, or null. */
function pointOf(bytes) {
  const number = littleEndian(bytes);
  const y = number & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(x * x) !== square) return null;
  const sign = number >> 255n;
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function sum([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * mod(t1 * t2));
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function bytesOfPoint([x, y, z]) {
  const back = inverse(z);
  let number = mod(y * back) | ((mod(x * back) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => { const byte = Number(number & 255n); number >>= 8n; return byte; });
}

const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = pointOf(Uint8Array.from({ length: 32 }, (_, i) => (i ? 0x66 : 0x58)));

/** Whether `signature` (64 bytes) is that of `message` under the public key (32 bytes). */
function ed25519Slowly(key, message, signature) {
  const a = pointOf(key);
  const s = littleEndian(signature.subarray(32));
  if (!a || s >= ORDER) return false;
  const h = littleEndian(sha512(joined(signature.subarray(0, 32), key, message))) % ORDER;
  const minusA = [mod(-a[0]), a[1], a[2], mod(-a[3])];
  const both = sum(BASE, minusA);
  let point = NEUTRAL;
  for (let bit = 253n; bit >= 0n; bit--) {
    point = sum(point, point);
    const ofS = (s >> bit) & 1n;
    const ofH = (h >> bit) & 1n;
    if (ofS && ofH) point = sum(point, both);
    else if (ofS) point = sum(point, BASE);
    else if (ofH) point = sum(point, minusA);
  }
  return same(bytesOfPoint(point), signature.subarray(0, 32));
}

let browserHasEd25519 = null;

async function ed25519(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (NODE) {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
    try {
      return node.crypto.verify(null, message, node.crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
    } catch (error) {
      return false;
    }
  }
  if (browserHasEd25519 !== false) {
    try {
      const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
      browserHasEd25519 = true;
      return await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
    } catch (error) {
      if (browserHasEd25519) return false;
      browserHasEd25519 = false;
    }
  }
  return ed25519Slowly(key, message, signature);
}

// --------------------------------------------------------------------------------------------------------- canonical JSON, by its bytes
// The profile is checked on the bytes as they are; nothing is written anew to compare with.

const scan = { bytes: null, at: 0, ascii: true, tokens: [] };

function refuse(what) { throw new Unreadable(`${what} at byte ${scan.at - scan.start + 1}`); }

/**
 * Checks that bytes[start, end) are one JSON object within the profile; throws Unreadable otherwise. The byte at `end` must be no part of JSON
 * (a line's end, or nothing). Afterwards `scan.ascii` says whether all was ASCII, `scan.tokens` what stood as {"sealed": TOKEN}.
 */
function checkCanonical(bytes, start, end) {
  if (bytes[start] !== 0x7b) throw new Unreadable('not an object');
  checkCanonicalValue(bytes, start, end);
}

/** The same of any value. */
function checkCanonicalValue(bytes, start, end) {
  scan.bytes = bytes;
  scan.at = scan.start = start;
  scan.ascii = true;
  if (scan.tokens.length) scan.tokens = [];
  scanValue(-1);
  if (scan.at !== end) refuse('something follows');
}

function scanValue(depth) {
  const byte = scan.bytes[scan.at];
  if (byte === 0x22) scanString();
  else if (byte === 0x7b) scanObject(depth + 1);
  else if (byte === 0x5b) scanList(depth + 1);
  else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) scanNumber();
  else if (byte === 0x74) scanWord('true');
  else if (byte === 0x66) scanWord('false');
  else if (byte === 0x6e) scanWord('null');
  else refuse('no canonical JSON');
}

function scanObject(depth) {
  if (depth >= DEEPEST) refuse('nested too deeply');
  const bytes = scan.bytes;
  scan.at++;
  if (bytes[scan.at] === 0x7d) { scan.at++; return; }
  let before = -1;
  let beforeEnd = -1;
  for (;;) {
    const key = scan.at;
    if (bytes[key] !== 0x22) refuse('a key is missing');
    const ascii = scan.ascii;
    scan.ascii = true;
    scanString();
    if (!scan.ascii) refuse('a key is not ASCII');
    scan.ascii = ascii;
    const keyEnd = scan.at;
    if (before >= 0 && !isBefore(bytes, before, beforeEnd, key, keyEnd)) refuse('keys are not sorted');
    if (bytes[scan.at] !== 0x3a) refuse('no colon');
    const value = ++scan.at;
    scanValue(depth);
    if (bytes[scan.at] === 0x7d) {
      if (before < 0 && keyEnd - key === 8 && bytes[value] === 0x22 && scan.at - value === 66) noteToken(bytes, key, value);
      scan.at++;
      return;
    }
    if (bytes[scan.at] !== 0x2c) refuse('no comma');
    scan.at++;
    before = key;
    beforeEnd = keyEnd;
  }
}

const SEALED = utf8('sealed');

function noteToken(bytes, key, value) {
  for (let i = 0; i < 6; i++) if (bytes[key + 1 + i] !== SEALED[i]) return;
  for (let i = 1; i < 65; i++) {
    const byte = bytes[value + i];
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return;
  }
  scan.tokens.push(String.fromCharCode.apply(null, bytes.subarray(value + 1, value + 65)));
}

/** Whether one key (with its quotes) comes before another. */
function isBefore(bytes, one, oneEnd, other, otherEnd) {
  const length = Math.min(oneEnd - one, otherEnd - other) - 2;
  for (let i = 1; i <= length; i++) {
    const a = bytes[one + i];
    const b = bytes[other + i];
    if (a === 0x5c || b === 0x5c) return keyText(bytes, one, oneEnd) < keyText(bytes, other, otherEnd);
    if (a !== b) return a < b;
  }
  return oneEnd - one < otherEnd - other;
}

function keyText(bytes, start, end) { return JSON.parse(textOf(bytes.subarray(start, end))); }

function scanList(depth) {
  if (depth >= DEEPEST) refuse('nested too deeply');
  scan.at++;
  if (scan.bytes[scan.at] === 0x5d) { scan.at++; return; }
  for (;;) {
    scanValue(depth);
    const byte = scan.bytes[scan.at++];
    if (byte === 0x5d) return;
    if (byte !== 0x2c) { scan.at--; refuse('no comma'); }
  }
}

function scanString() {
  const bytes = scan.bytes;
  let at = scan.at + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === 0x22) break;
    if (byte === 0x5c) {
      at = afterEscape(bytes, at);
    } else if (byte >= 0x80) {
      scan.ascii = false;
      at = afterCharacter(bytes, at, byte);
    } else if (byte >= 0x20) {
      at++;
    } else {
      scan.at = at;
      refuse('a control character or the end within text');
    }
  }
  scan.at = at + 1;
}

function afterEscape(bytes, at) {
  const kind = bytes[at + 1];
  if (kind === 0x22 || kind === 0x5c || kind === 0x62 || kind === 0x66 || kind === 0x6e || kind === 0x72 || kind === 0x74) return at + 2;
  const code = kind === 0x75 ? String.fromCharCode(bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5]) : '';
  // Only control characters without a short form are written so.
  if (/^00[01][0-9a-f]$/.test(code) && !/^00(08|09|0a|0c|0d)$/.test(code)) return at + 6;
  scan.at = at;
  return refuse('an escape that is not canonical');
}

function afterCharacter(bytes, at, byte) {
  const more = byte >= 0xc2 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xf0 && byte < 0xf5 ? 3 : 0;
  const second = bytes[at + 1];
  let good = more > 0;
  for (let i = 1; i <= more; i++) good = good && (bytes[at + i] & 0xc0) === 0x80;
  if (byte === 0xe0) good = good && second >= 0xa0;
  else if (byte === 0xed) good = good && second < 0xa0;
  else if (byte === 0xf0) good = good && second >= 0x90;
  else if (byte === 0xf4) good = good && second < 0x90;
  if (good) return at + 1 + more;
  scan.at = at;
  return refuse('not UTF-8');
}

function scanNumber() {
  const bytes = scan.bytes;
  const start = scan.at;
  let at = start + (bytes[start] === 0x2d ? 1 : 0);
  const first = at;
  let value = 0;
  while (bytes[at] >= 0x30 && bytes[at] <= 0x39) value = value * 10 + (bytes[at++] - 0x30);
  if (at === first || (bytes[first] === 0x30 && at - first > 1)) refuse('a number that is not canonical');
  if (value === 0 && first > start) refuse('minus zero');
  if (!(value < 2 ** 53) || at - first > 16) refuse('a number of 2^53 or more');
  scan.at = at;
}

function scanWord(word) {
  for (let i = 0; i < word.length; i++) if (scan.bytes[scan.at + i] !== word.charCodeAt(i)) refuse('no canonical JSON');
  scan.at += word.length;
}

/** What canonical bytes say. */
function parsed(bytes, start, end) {
  if (NODE) return JSON.parse(bytes.toString(scan.ascii ? 'latin1' : 'utf8', start, end));
  return JSON.parse(strictUtf8.decode(bytes.subarray(start, end)));
}

// ------------------------------------------------------------------------------------------------------------------ times and ids

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let lastDay = { text: '', at: NaN };

function dayOf(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return NaN;
  const [year, month, day] = found.slice(1).map(Number);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() * 1000 : NaN;
}

function twoDigits(text, at) {
  const [ten, one] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return ten >= 0 && ten <= 9 && one >= 0 && one <= 9 ? ten * 10 + one : NaN;
}

/** Microseconds since 1970 of RFC 3339 text in UTC with microseconds; NaN when it is anything else. */
function moment(text) {
  if (typeof text !== 'string' || text.length !== 27) return NaN;
  if (text[10] !== 'T' || text[13] !== ':' || text[16] !== ':' || text[19] !== '.' || text[26] !== 'Z') return NaN;
  const day = text.slice(0, 10);
  if (day !== lastDay.text) lastDay = { text: day, at: dayOf(day) };
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  if (!(hour < 24 && minute < 60 && second < 60)) return NaN;
  return lastDay.at + ((hour * 60 + minute) * 60 + second) * 1e6 + twoDigits(text, 20) * 1e4 + twoDigits(text, 22) * 100 + twoDigits(text, 24);
}

function isWhole(value) { return Number.isSafeInteger(value) && value >= 0; }

/** Ids seen so far, 16 bytes each; a Set of a million texts would take ten times as much. */
class IdSet {
  constructor() { this.clear(1 << 12); }

  clear(slots) {
    this.slots = slots;
    this.words = new Uint32Array(slots * 4);
    this.count = 0;
  }

  /** False when `id` was there before. */
  add(id) {
    if (this.count * 2 >= this.slots) this.grow();
    const flat = id.replace(/-/g, '');
    return this.put(parseInt(flat.slice(0, 8), 16), parseInt(flat.slice(8, 16), 16), parseInt(flat.slice(16, 24), 16), parseInt(flat.slice(24), 16));
  }

  put(a, b, c, d) {
    const words = this.words;
    // The last words are random, the first ones a clock.
    for (let slot = (c ^ d ^ Math.imul(b, 0x9e3779b1)) >>> 0; ; slot++) {
      const at = (slot % this.slots) * 4;
      if (!words[at + 1]) { // holds the version's 7, so a used slot has it
        words.set([a, b, c, d], at);
        this.count++;
        return true;
      }
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return false;
    }
  }

  grow() {
    const old = this.words;
    this.clear(this.slots * 4);
    for (let at = 0; at < old.length; at += 4) if (old[at + 1]) this.put(old[at], old[at + 1], old[at + 2], old[at + 3]);
  }
}

// -------------------------------------------------------------------------------------------------------------------- the tree

const pair = new Uint8Array(65);
pair[0] = 1;

function nodeHash(left, right) {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** RFC 6962, built from the left: the complete subtrees that stand so far. */
class Tree {
  constructor() {
    this.size = 0;
    this.heights = [];
    this.hashes = [];
  }

  add(hash, height) {
    const { heights, hashes } = this;
    this.size += 2 ** height;
    while (heights.length && heights[heights.length - 1] === height) {
      heights.pop();
      hash = nodeHash(hashes.pop(), hash);
      height++;
    }
    heights.push(height);
    hashes.push(hash);
  }

  /** Whether a subtree of this height may come next: it must begin at a multiple of its size. */
  takes(start, height) { return start === this.size && start % 2 ** height === 0; }

  root() {
    if (!this.hashes.length) return sha256(new Uint8Array(0));
    let root = this.hashes[this.hashes.length - 1];
    for (let i = this.hashes.length - 2; i >= 0; i--) root = nodeHash(this.hashes[i], root);
    return root;
  }
}

/** The root that a path of hashes leads to from the leaf `index` of `size`, or null when the path has the wrong length (RFC 9162, 2.1.3.2). */
function rootByPath(leaf, index, size, path) {
  let hash = leaf;
  let at = index;
  let last = size - 1;
  for (const other of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(other, hash);
      while (at % 2 === 0 && at !== 0) { at = at / 2; last = Math.floor(last / 2); }
    } else {
      hash = nodeHash(hash, other);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : null;
}

// ----------------------------------------------------------------------------------------------------------------- keys and notes

const LOG_KEY = 0x01;
const WITNESS_KEY = 0x04;

/** A key of the C2SP form <name>+<id>+<base64>, split at the first two +; null when it is none. */
function keyOf(line) {
  const first = line.indexOf('+');
  const second = line.indexOf('+', first + 1);
  if (first < 1 || second < 0) return null;
  const [name, id, bytes] = [line.slice(0, first), line.slice(first + 1, second), unbase64(line.slice(second + 1))];
  if (/\s/u.test(name) || !/^[0-9a-f]{8}$/.test(id) || !bytes || bytes.length !== 33) return null;
  const type = bytes[0];
  if (type !== LOG_KEY && type !== WITNESS_KEY) return null;
  const right = hex(sha256(joined(utf8(`${name}\n`), bytes)).subarray(0, 4)) === id;
  return right ? { line, name, id, type, public: bytes.subarray(1) } : null;
}

function fingerprint(key) { return hex(sha256(utf8(key.line))); }

/** Lines without comments and spaces around them. */
function meaningful(text) {
  return text.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
}

/** What the reader trusts, from --key and --policy: keys themselves, or the texts of files with keys or a C2SP policy. Throws Unreadable. */
function trustOf(texts) {
  const trust = { keys: [], witnesses: [], groups: new Map(), quorum: null };
  for (const line of texts.flatMap(meaningful)) {
    if (!isTaken(trust, line)) throw new Unreadable(`“${line.slice(0, 80)}” is neither a key nor a line of a policy`);
  }
  if (texts.length && !trust.keys.length && !trust.witnesses.length) throw new Unreadable('there is no key in what was given');
  return trust;
}

/** Takes a line into `trust`; false when it is none. */
function isTaken(trust, line) {
  const [kind, name, ...rest] = line.split(/[ \t]+/);
  // A group's members and the quorum's name stand above it, so that none leads back to itself.
  const isNamed = (one) => trust.groups.has(one) || trust.witnesses.some(({ called }) => called === one);
  if (kind === 'quorum') {
    trust.quorum = name === 'none' ? null : name;
    return rest.length === 0 && (name === 'none' || isNamed(name));
  }
  if (kind === 'group') {
    const [need, ...of] = rest;
    const least = need === 'any' ? 1 : need === 'all' ? of.length : /^[1-9]\d{0,4}$/.test(need) ? Number(need) : 0;
    trust.groups.set(name, { least, of });
    return least >= 1 && least <= of.length && new Set(of).size === of.length && !of.includes(name) && of.every(isNamed);
  }
  const isPolicy = kind === 'log' || kind === 'witness';
  const key = keyOf(kind === 'witness' ? rest[0] || '' : kind === 'log' ? name || '' : kind);
  if (!key || (!isPolicy && name) || (isPolicy && key.type !== (kind === 'log' ? LOG_KEY : WITNESS_KEY))) return false;
  if (key.type === LOG_KEY) trust.keys.push(key);
  else trust.witnesses.push({ ...key, called: kind === 'witness' ? name : key.name });
  return true;
}

function isReached(trust, name, cosigned) {
  const group = trust.groups.get(name);
  if (!group) return cosigned.has(name);
  return group.of.filter((member) => isReached(trust, member, cosigned)).length >= group.least;
}

const SIGNATURE_LINE = /^\u2014 ([^\s+]+) (\S+)$/u;

/** A signed checkpoint as it stands; throws Unreadable. */
function checkpointOf(note) {
  const cut = note.lastIndexOf('\n\n');
  if (cut < 0) throw new Unreadable('a checkpoint without signature lines');
  const text = note.slice(0, cut + 1);
  const lines = text.split('\n');
  const root = unbase64(lines[2]);
  const time = lines.length === 5 && lines[3].startsWith('time ') ? moment(lines[3].slice(5)) : NaN;
  const size = /^(0|[1-9]\d{0,15})$/.test(lines[1]) ? Number(lines[1]) : NaN;
  if (!lines[0] || !isWhole(size) || !root || root.length !== 32 || Number.isNaN(time)) throw new Unreadable('not a checkpoint of this format');
  return { origin: lines[0], size, root, time, text, bytes: utf8(text), signatures: signatureLines(note.slice(cut + 2)) };
}

function signatureLines(text) {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length > MOST_SIGNATURE_LINES) throw new Unreadable('too many signature lines, or no end of the last');
  return lines.map((line) => {
    const found = SIGNATURE_LINE.exec(line);
    const bytes = found && unbase64(found[2]);
    if (!bytes || bytes.length < 5) throw new Unreadable(`“${line.slice(0, 80)}” is no signature line`);
    return { name: found[1], id: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
  });
}

/** Which epoch of `ledger` an origin names; 0 when it is no origin of that ledger. */
function epochOf(origin, ledger) {
  if (origin === ledger) return 1;
  const found = origin.startsWith(`${ledger}/epoch-`) ? /^([1-9]\d{0,8})$/.exec(origin.slice(ledger.length + 7)) : null;
  return found && Number(found[1]) > 1 ? Number(found[1]) : 0;
}

function originOf(epoch, ledger) { return epoch === 1 ? ledger : `${ledger}/epoch-${epoch}`; }

/**
 * How a checkpoint is signed by `key`: 'good'; 'false' when the line of this key is no signature of it; 'unknown' when only other keys have
 * lines in the ledger's name; 'none' without any.
 */
async function signedBy(checkpoint, key, ledger) {
  let others = false;
  for (const line of checkpoint.signatures) {
    if (key && key.name === line.name && key.id === line.id) return (await ed25519(key.public, checkpoint.bytes, line.bytes)) ? 'good' : 'false';
    others = others || line.name === ledger;
  }
  return others ? 'unknown' : 'none';
}

/**
 * The witnesses whose cosignatures of the checkpoint hold, with their times in seconds; `unknown` counts lines of others. Throws Unreadable for
 * a known one's that does not.
 */
async function cosignatures(checkpoint, lines, witnesses, ledger) {
  const held = new Map();
  let unknown = 0;
  for (const line of lines) {
    const key = witnesses.find((one) => one.name === line.name && one.id === line.id);
    if (!key) {
      unknown += line.name === ledger ? 0 : 1;
      continue;
    }
    const seconds = line.bytes.length === 72 ? Number(new DataView(line.bytes.buffer, line.bytes.byteOffset).getBigUint64(0)) : NaN;
    const message = joined(utf8(`cosignature/v1\ntime ${seconds}\n`), checkpoint.bytes);
    const valid = isWhole(seconds) && (await ed25519(key.public, message, line.bytes.subarray(8)));
    if (!valid) throw new Unreadable(`the cosignature of ${key.name} is wrong`);
    if (seconds * 1e6 < checkpoint.time - LEEWAY * 1e6) throw new Unreadable(`the cosignature of ${key.name} is older than the checkpoint`);
    // Only those that the reader named count for a policy: whoever makes a bundle can call his own witness by any name.
    const name = key.called || key.name;
    held.set(`${key.called ? 'given' : 'own'} ${name}`, { name, size: checkpoint.size, at: seconds, given: Boolean(key.called) });
  }
  return { held, unknown };
}

/** The names that the reader gave to the witnesses who cosigned this size. */
function givenOf(held, size) { return new Set([...held.values()].filter((one) => one.given && one.size === size).map(({ name }) => name)); }

// -------------------------------------------------------------------------------------------------------------------- ZIP files

const SMALLEST_END = 22;
const NO_END = 'its end record is missing';

function numbers(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    u16: (at) => view.getUint16(at, true),
    u32: (at) => view.getUint32(at, true),
    u64: (at) => { const value = view.getBigUint64(at, true); return value < 2n ** 53n ? Number(value) : Infinity; },
  };
}

/** The members of a ZIP file by name, from its directory at the end. Throws Unreadable. */
async function membersOf(source) {
  const tail = await source.read(Math.max(0, source.size - 65557), Math.min(source.size, 65557));
  const at = endRecord(tail);
  if (at < 0) throw new Unreadable(NO_END);
  const end = await directoryPlace(source, tail, at);
  // What stands before the first member is no part of the ZIP file, and moves it.
  const moved = end.before - end.size - end.start;
  if (!(end.size <= 1 << 20) || !(moved >= 0)) throw new Unreadable('the ZIP file’s directory is not where it says');
  const bytes = await source.read(end.start + moved, end.size);
  const members = new Map();
  for (let place = 0; place < bytes.length;) {
    const member = directoryEntry(bytes, place);
    if (members.has(member.name)) throw new Unreadable(`“${member.name}” is there twice`);
    members.set(member.name, { ...member, start: member.start + moved });
    place = member.next;
  }
  const inOrder = [...members.values()].sort((one, other) => one.start - other.start);
  // Of two that begin at one place, neither is read: the first ends where it begins, and so does the other.
  inOrder.forEach((member, place) => {
    const before = inOrder[place - 1];
    const after = place + 1 < inOrder.length ? inOrder[place + 1].start : end.start + moved;
    member.end = before && before.start === member.start ? member.start : after;
  });
  return members;
}

function endRecord(tail) {
  for (let at = tail.length - SMALLEST_END; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail[at + 1] !== 0x4b || tail[at + 2] !== 5 || tail[at + 3] !== 6) continue;
    if (at + SMALLEST_END + numbers(tail).u16(at + 20) === tail.length) return at;
  }
  return -1;
}

async function directoryPlace(source, tail, at) {
  const { u16, u32, u64 } = numbers(tail);
  const before = source.size - tail.length + at;
  const plain = { count: u16(at + 10), size: u32(at + 12), start: u32(at + 16), before };
  if (plain.count !== 0xffff && plain.size !== 0xffffffff && plain.start !== 0xffffffff) return plain;
  if (at < 20 || u32(at - 20) !== 0x07064b50) return plain;
  const place = u64(at - 12);
  if (place + 56 > before) throw new Unreadable('the ZIP file’s end is not what it says');
  const far = numbers(await source.read(place, 56));
  if (far.u32(0) !== 0x06064b50) throw new Unreadable('the ZIP file’s end is not what it says');
  return { count: far.u64(32), size: far.u64(40), start: far.u64(48), before: place };
}

function directoryEntry(bytes, at) {
  const { u16, u32, u64 } = numbers(bytes);
  if (at + 46 > bytes.length || u32(at) !== 0x02014b50) throw new Unreadable('the ZIP file’s directory is broken');
  const [named, extra] = [u16(at + 28), u16(at + 30)];
  const next = at + 46 + named + extra + u16(at + 32);
  if (at + 46 + named + extra > bytes.length) throw new Unreadable('the ZIP file’s directory is broken');
  const member = {
    name: textOf(bytes.subarray(at + 46, at + 46 + named)), next,
    flags: u16(at + 8), method: u16(at + 10), crc: u32(at + 16), packed: u32(at + 20), size: u32(at + 24), start: u32(at + 42),
  };
  for (let place = at + 46 + named; place + 4 <= at + 46 + named + extra; place += 4 + u16(place + 2)) {
    if (u16(place) !== 1) continue;
    let value = place + 4;
    for (const field of ['size', 'packed', 'start']) {
      if (member[field] !== 0xffffffff) continue;
      if (value + 8 > at + 46 + named + extra) throw new Unreadable('the ZIP file’s directory is broken');
      member[field] = u64(value);
      value += 8;
    }
  }
  const isPlain = !(member.flags & 1) && (member.method === 0 || member.method === 8);
  if (!isPlain) throw new Unreadable(`“${member.name}” is packed in a way that is not read here`);
  return member;
}

const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crcSlowly(bytes, crc) {
  let value = ~crc;
  for (let i = 0; i < bytes.length; i++) value = crcTable[(value ^ bytes[i]) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

const crc32 = NODE && node.zlib.crc32 ? node.zlib.crc32 : crcSlowly;

/** The content of a member, piece by piece, with its digest unless that is not wanted: {pieces, told()}. Throws Unreadable where it is not what the directory says. */
function contentOf(source, member, digested = true) {
  const digest = digested ? newHash() : null;
  let size = 0;
  async function* pieces() {
    const head = await source.read(member.start, 30);
    const { u16, u32 } = numbers(head);
    if (head.length < 30 || u32(0) !== 0x04034b50) throw new Unreadable(`“${member.name}” is not where the ZIP file says`);
    const name = await source.read(member.start + 30, u16(26));
    const start = member.start + 30 + u16(26) + u16(28);
    if (!same(name, utf8(member.name)) || start > source.size) {
      throw new Unreadable(`“${member.name}” is not what the ZIP file says`);
    }
    if (start + member.packed > member.end || (member.method === 0 && member.packed !== member.size)) {
      throw new Unreadable(`the packed length of “${member.name}” is told wrongly`);
    }
    let crc = 0;
    for await (const piece of source.stream(start, member.packed, member.method === 8)) {
      size += piece.length;
      if (size > member.size) break;
      if (digest) digest.update(piece);
      crc = crc32(piece, crc);
      yield piece;
    }
    if (size > member.size || crc !== member.crc) throw new Unreadable(`“${member.name}” is not what the ZIP file says`);
  }
  return { pieces: pieces(), told: () => ({ bytes: size, sha256: digest && hex(digest.digest()) }) };
}

/** The pieces of a stream that unpacks; what cannot be unpacked is the file's fault. */
async function* unpacked(pieces) {
  try {
    yield* pieces;
  } catch (error) {
    throw new Unreadable('it cannot be unpacked');
  }
}

/**
 * Calls take(bytes, start, end) for every line; the byte at `end` is the line's end, that at `start` - 1 is the caller's to change.
 */
async function eachLine(pieces, take, pause) {
  let rest = null;
  for await (const piece of pieces) {
    let bytes = piece;
    let from = 0;
    if (rest || piece.length) {
      bytes = NODE ? Buffer.allocUnsafe(1 + (rest ? rest.length : 0) + piece.length) : new Uint8Array(1 + (rest ? rest.length : 0) + piece.length);
      if (rest) bytes.set(rest, 1);
      bytes.set(piece, 1 + (rest ? rest.length : 0));
      from = 1;
    }
    for (let end = bytes.indexOf(10, from + (rest ? rest.length : 0)); end >= 0; end = bytes.indexOf(10, from)) {
      if (end - from > LONGEST_LINE) throw new Unreadable('a line is too long');
      take(bytes, from, end);
      from = end + 1;
    }
    rest = from < bytes.length ? bytes.subarray(from) : null;
    if (rest && rest.length > LONGEST_LINE) throw new Unreadable('a line is too long');
    if (pause) await pause();
  }
  if (rest) throw new Unreadable('its last line has no end');
}

// ------------------------------------------------------------------------------------------------------------------- findings

class Findings {
  constructor() {
    this.list = [];
    this.counts = new Map();
  }

  /** `first` and `last` say where in the tree it is, `checkpoint` the size of the tree that bounds it; null where that is not known. */
  add(word, code, text, { first = null, last = first, checkpoint = null } = {}) {
    const kind = `${word} ${code}`;
    const count = (this.counts.get(kind) || 0) + 1;
    this.counts.set(kind, count);
    if (count <= MOST_OF_A_KIND) this.list.push({ word, code, text, first, last, checkpoint });
  }

  word() { return SEVERITY.find((word) => this.list.some((finding) => finding.word === word)) || 'sound'; }

  firstBad() {
    const placed = this.list.filter((finding) => finding.word === 'tampered' && finding.first !== null);
    return placed.sort((one, other) => one.first - other.first)[0] || null;
  }

  /** By weight, then by place. */
  sorted() {
    const rank = (finding) => SEVERITY.indexOf(finding.word) * 2 ** 54 + (finding.first === null ? 2 ** 53 : finding.first);
    return [...this.list].sort((one, other) => rank(one) - rank(other));
  }

  /** How many there are of each kind beyond those listed. */
  more() {
    return Object.fromEntries([...this.counts].filter(([, count]) => count > MOST_OF_A_KIND).map(([kind, count]) => [kind, count - MOST_OF_A_KIND]));
  }
}

function grouped(number) { return String(number).replace(/\B(?=(\d{3})+$)/g, ','); }

// ------------------------------------------------------------------------------------------------------------------- a bundle
const OMITTED = /^\["omitted",(0|[1-9]\d{0,15}),(0|[1-9]\d?),"([0-9a-f]{64})"\]$/;
const EXPLAINING = new Set(['retention.pruned', 'erasure.done']);

/** Everything about one bundle: `check` reads it once and gathers what is wrong in `findings` and what there is in `facts`. */
class Bundle {
  constructor(source, options) {
    this.source = source;
    this.options = options;
    this.pause = options.pause ? () => options.pause(this.tree.size, this.manifest.tree_size || 0) : null;
    this.findings = new Findings();
    this.members = new Map();
    this.told = new Map();
    this.checkpoints = [];
    this.keys = [];
    this.witnessKeys = [];
    this.anchors = [];
    this.cards = new Set();
    this.signers = new Map();
    this.cosigned = new Map();
    this.unknownCosignatures = 0;
    this.signaturesVerified = 0;
    this.rotations = [];
    this.restored = [];
    this.exports = [];
    this.explained = [];
    this.omitted = [];
    this.ids = new IdSet();
    this.objects = new Map();
    this.tree = new Tree();
    this.reading = { epoch: 1, version: 1, firstTime: Infinity, lastTime: -Infinity, stopped: false };
    // Where it is among the checkpoints: the next one's place and size, those around, and the last size whose root was right.
    Object.assign(this.reading, { place: 0, next: 0, before: null, after: null, goodSize: 0, bad: false });
    this.facts = { full: 0, omittedCount: 0, sealed: 0, opened: 0, late: 0, gaps: 0, chosenAway: 0 };
  }

  add(...finding) { return this.findings.add(...finding); }

  async check() {
    try {
      this.members = await membersOf(this.source);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const begins = error.message === NO_END && same(await this.source.read(0, Math.min(4, this.source.size)), Uint8Array.of(0x50, 0x4b, 3, 4));
      this.add(begins ? 'incomplete' : 'tampered', 'zip',
        begins ? 'The file was cut: it begins as a bundle, but has no end.' : `The file cannot be read as a bundle: ${error.message}.`);
      return this;
    }
    this.checkMembers();
    await this.readManifest();
    // Without a manifest there is nothing claimed that could be checked.
    if (!this.isDescribed) return this;
    await this.readKeys();
    await this.readCheckpoints();
    await this.readCards();
    await this.readEntries();
    await this.readAnchors();
    for (const name of [...MEMBERS, ...this.attached()]) if (!this.told.has(name)) await this.read(name, () => {});
    this.checkDigests();
    this.checkOrder();
    this.checkExtent();
    this.checkOmitted();
    this.checkEpochs();
    await this.checkKeys();
    await this.checkSignatures();
    await this.checkAnchors();
    this.checkQuorum();
    this.checkSince();
    this.checkOwnExport();
    this.checkAge();
    return this;
  }

  // ---- members

  checkMembers() {
    for (const name of MEMBERS) if (!this.members.has(name)) this.add('incomplete', 'member-missing', `“${name}” is not in the bundle.`);
    for (const name of this.members.keys()) if (!isMember(name)) this.add('tampered', 'member-extra',
      `“${name}” does not belong into a bundle.`);
    if (this.members.size > MEMBERS.length + MOST_ATTACHED) this.add('tampered', 'member-extra', 'It holds more members than a bundle has.');
  }

  attached() { return [...this.members.keys()].filter((name) => ATTACHED.test(name)); }

  /** Hands the pieces of a member to `take`. What cannot be read is a finding. */
  async read(name, take) {
    const member = this.members.get(name);
    if (!member) return;
    const { pieces, told } = contentOf(this.source, member, !(this.options.quick && name === BOUND_BY_THE_TREE));
    try {
      await take(pieces);
      for await (const rest of pieces) void rest; // what was not wanted is hashed all the same
      this.told.set(name, told());
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const place = name === 'entries.jsonl' ? { first: this.tree.size } : {};
      this.add('tampered', 'member-broken', `“${name}” cannot be read: ${error.message}.`, place);
      this.told.set(name, null);
    }
  }

  async readWhole(name, most) {
    const parts = [];
    let size = 0;
    await this.read(name, async (pieces) => {
      for await (const piece of pieces) {
        size += piece.length;
        if (size > most) throw new Unreadable('it is too long');
        parts.push(new Uint8Array(piece));
      }
    });
    return this.told.get(name) ? joined(...parts) : null;
  }

  async readLines(name, take) {
    let number = 0;
    await this.read(name, (pieces) => eachLine(pieces, (bytes, start, end) => {
      number++;
      try {
        checkCanonicalValue(bytes, start, end);
        take(JSON.parse(textOf(bytes.subarray(start, end))), number);
      } catch (error) {
        if (!(error instanceof Unreadable) && !(error instanceof SyntaxError)) throw error;
        this.add('tampered', `${name.split('.')[0]}-form`,
          `Line ${grouped(number)} of ${name} is not what the format says${error instanceof Unreadable ? `: ${error.message}` : ''}.`);
      }
    }, this.pause));
  }

  async readManifest() {
    this.manifest = {};
    const bytes = await this.readWhole('manifest.json', 1 << 20);
    if (!bytes) return;
    try {
      checkCanonical(bytes, 0, bytes.length);
      this.manifest = JSON.parse(textOf(bytes));
      const { v, kind, bundle, ledger, made_at: madeAt, tree_size: size, entries, files } = this.manifest;
      const named = v === 1 && kind === 'evidence' && UUID.test(String(bundle)) && typeof ledger === 'string' && ledger;
      const good = named && isWhole(size) && size < LARGEST_TREE && isWhole(entries) && entries <= size
        && !Number.isNaN(moment(madeAt)) && this.hasGoodSelection() && isRecord(files) && Object.keys(this.manifest).length === 9;
      if (!good) throw new Unreadable('a field is missing or is not what the format says');
      this.isDescribed = true;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.add('tampered', 'manifest-form', `manifest.json is not what the format says: ${error.message}.`);
    }
  }

  hasGoodSelection() {
    const { selection } = this.manifest;
    return selection === null || isRecord(selection);
  }

  isOfEverything() { return this.manifest.selection === null; }

  async readKeys() {
    const bytes = await this.readWhole('keys.txt', 1 << 20);
    if (!bytes) return;
    try {
      const lines = textOf(bytes).split('\n');
      if (lines.pop() !== '') throw new Unreadable('its last line has no end');
      for (const line of lines.filter((one) => one && !one.startsWith('#'))) {
        const key = keyOf(line);
        if (!key) throw new Unreadable(`“${line.slice(0, 80)}” is no key`);
        if (key.type === LOG_KEY && this.manifest.ledger && key.name !== this.manifest.ledger) throw new Unreadable(`it holds a key of ${key.name}`);
        (key.type === LOG_KEY ? this.keys : this.witnessKeys).push(key);
      }
      if (!this.keys.length) throw new Unreadable('it holds no key of the ledger');
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.add('tampered', 'keys-form', `keys.txt is not what the format says: ${error.message}.`);
    }
  }

  // ---- checkpoints

  async readCheckpoints() {
    await this.readLines('checkpoints.jsonl', (note, number) => {
      if (typeof note !== 'string') throw new Unreadable('it is no text');
      this.addCheckpoint(checkpointOf(note), number);
    });
    const last = this.checkpoints[this.checkpoints.length - 1];
    this.ledger = this.manifest.ledger || (last ? last.origin.replace(/\/epoch-\d+$/, '') : '');
    for (const checkpoint of this.checkpoints) {
      checkpoint.epoch = epochOf(checkpoint.origin, this.ledger);
    }
    this.checkpoints.filter((one) => !one.epoch).forEach((one) => {
      this.add('tampered', 'origin', `A checkpoint is that of “${one.origin}”, not of ${this.ledger}.`, { checkpoint: one.size });
    });
    this.checkpoints = this.checkpoints.filter((checkpoint) => checkpoint.epoch);
    // What is out of order was said; from here on they are read by size.
    this.bySize = [...this.checkpoints].sort((one, other) => one.size - other.size || one.number - other.number);
  }

  addCheckpoint(checkpoint, number) { this.checkpoints.push({ ...checkpoint, number, state: 'unread', isLost: false }); }

  /** Of those that hold more than is there nothing can be said but that. */
  checkOrder() {
    let before = null;
    for (const checkpoint of this.checkpoints.filter(({ size }) => size <= this.tree.size)) {
      const back = before && (checkpoint.epoch < before.epoch || checkpoint.size < before.size
        || (checkpoint.epoch === before.epoch && checkpoint.time < before.time));
      if (back) this.add('tampered', 'checkpoint-order',
        `The checkpoint of ${grouped(checkpoint.size)} entries is smaller or earlier than the one before it.`,
        { checkpoint: checkpoint.size });
      before = checkpoint;
    }
  }

  // ---- cards

  async readCards() {
    await this.readLines('cards.jsonl', (card, number) => {
      const salt = isRecord(card) ? unbase64(card.salt) : null;
      const isCard = salt && salt.length === 32 && hasTexts(card, ['token', 'subject', 'salt', 'value']);
      if (!isCard) throw new Unreadable('it is no card');
      if (hex(hmac(salt, utf8(card.value))) !== card.token) {
        this.add('tampered', 'card', `Line ${grouped(number)} of cards.jsonl says what the entries did not commit to.`);
      }
      if (this.cards.has(card.token)) this.add('tampered', 'card', `Line ${grouped(number)} of cards.jsonl stands there twice.`);
      this.cards.add(card.token);
    });
  }

  // ---- entries

  async readEntries() {
    const { reading } = this;
    this.passCheckpoints();
    await this.read('entries.jsonl', (pieces) => eachLine(pieces, (bytes, start, end) => {
      if (reading.stopped) return;
      if (bytes[start] === 0x5b) this.takeOmitted(bytes, start, end);
      else this.takeEntry(bytes, start, end);
    }, this.pause));
  }

  takeOmitted(bytes, start, end) {
    const found = OMITTED.exec(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 200))));
    const [first, height] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
    if (!found || end - start > 200 || height > 52 || !isWhole(first + 2 ** height) || !this.tree.takes(first, height)) {
      this.add('tampered', 'omitted-form',
        `The line for what follows entry ${grouped(this.tree.size - 1)} does not go on from there.`, this.at(this.tree.size));
      this.reading.stopped = true;
      return;
    }
    const hash = Uint8Array.from(found[3].match(/../g), (pairOfDigits) => parseInt(pairOfDigits, 16));
    this.facts.omittedCount += 2 ** height;
    if (height === 0) extend(this.omitted, first);
    else this.facts.chosenAway += 2 ** height;
    if (height > 0 && this.isOfEverything()) this.add('incomplete', 'omitted',
      `Entries ${grouped(first)} to ${grouped(first + 2 ** height - 1)} are left out of a bundle of everything.`,
      { first, last: first + 2 ** height - 1 });
    this.tree.add(hash, height);
    this.passCheckpoints();
  }

  takeEntry(bytes, start, end) {
    const index = this.tree.size;
    let entry = null;
    if (!this.options.quick || isFollowed(bytes, start, end)) {
      try {
        checkCanonical(bytes, start, end);
        entry = parsed(bytes, start, end);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        if (!this.options.quick) this.addEntry('entry-form', index, `it is not canonical JSON: ${error.message}`);
      }
    }
    if (entry) this.takeContent(entry, index);
    this.facts.full++;
    bytes[start - 1] = 0;
    this.tree.add(sha256(bytes.subarray(start - 1, end)), 0);
    if (this.tree.size >= this.reading.next) this.passCheckpoints();
  }

  addEntry(code, index, text) { this.add('tampered', code, `Entry ${grouped(index)}: ${text}.`, this.at(index)); }

  at(index) { return { first: index, checkpoint: this.boundOf(index) }; }

  /** The size of the smallest checkpoint that holds the entry. */
  boundOf(index) {
    if (index === this.tree.size) return this.reading.after ? this.reading.after.size : null;
    const found = this.bySize.find((checkpoint) => checkpoint.size > index && !checkpoint.isLost);
    return found ? found.size : null;
  }

  takeContent(entry, index) {
    const wrong = this.options.quick ? '' : whatIsWrong(entry);
    if (wrong) {
      this.addEntry('entry-form', index, wrong);
      return;
    }
    for (const token of scan.tokens) {
      this.facts.sealed++;
      if (this.cards.has(token)) this.facts.opened++;
    }
    if (entry.type === 'ledger.restored') this.takeRestored(entry, index);
    this.takeSpecial(entry, index);
    if (this.options.quick) return;
    if (entry.v < this.reading.version) this.addEntry('version', index, 'it is of version 1 and follows one of version 2');
    this.reading.version = Math.max(this.reading.version, entry.v);
    if (!this.ids.add(entry.id)) this.addEntry('id-twice', index, `its id ${entry.id} was there before`);
    this.takeTime(entry, index);
    if (entry.v === 2 && entry.obj) this.takeNumber(entry.obj, index);
  }

  takeTime(entry, index) {
    const { reading } = this;
    const at = moment(entry.ts);
    const written = 'rec' in entry ? moment(entry.rec) : at;
    if ('rec' in entry) this.facts.late++;
    reading.firstTime = Math.min(reading.firstTime, at);
    reading.lastTime = Math.max(reading.lastTime, at);
    // Only checkpoints of its epoch count: a clock may be put right between two.
    const [before, after] = [reading.before, reading.after].map((one) => (one && one.epoch === reading.epoch ? one : null));
    if (entry.v > 1 && before && written < before.time - LEEWAY * 1e6) {
      this.addEntry('time', index, `it is dated ${wordsOf(written)}, but the checkpoint before it was signed at ${wordsOf(before.time)}`);
    }
    if (after && written > after.time + LEEWAY * 1e6) {
      this.addEntry('time', index, `it is dated ${wordsOf(written)}, but was signed at ${wordsOf(after.time)}`);
    }
  }

  takeNumber(object, index) {
    const key = `${object.model}\n${typeof object.pk === 'string' ? object.pk : `\0${object.pk}`}`;
    const known = this.objects.get(key);
    const [last, away] = known || [0, 0];
    const missing = object.seq - last - 1;
    if (missing < 0) {
      this.addEntry('object-order', index, `it is event ${object.seq} of ${object.model} ${object.pk}, which had ${last} before`);
    } else if (missing > this.facts.omittedCount - away) {
      this.addEntry('object-gap', index, `it is event ${object.seq} of ${object.model} ${object.pk}, but the one before it was ${last}`);
    } else if (missing) {
      this.facts.gaps += missing;
    }
    const seq = Math.max(object.seq, last);
    if (known) [known[0], known[1]] = [seq, this.facts.omittedCount];
    else this.objects.set(key, [seq, this.facts.omittedCount]);
  }

  takeSpecial(entry, index) {
    const details = isRecord(entry.details) ? entry.details : {};
    if (entry.type === 'ledger.key_rotated') this.rotations.push({ index, details });
    else if (entry.type === 'evidence.exported') {
      const { bundle, selection = null, attached } = details;
      if (bundle === this.manifest.bundle) this.exports.push({ index, at: entry.ts, selection, attached: isRecord(attached) ? attached : {} });
    } else if (EXPLAINING.has(entry.type)) {
      const isRange = (range) => Array.isArray(range) && range.length === 2 && range.every((one) => isWhole(one)) && range[0] <= range[1] && range[1] < index;
      if (Array.isArray(details.ranges) && details.ranges.every(isRange)) this.explained.push(...details.ranges);
      else this.addEntry('removal', index, 'it does not name ranges of entries before it');
    }
  }

  /** Goes to the next epoch. What the entry tells must be what stands before it. */
  takeRestored(entry, index) {
    const { reading } = this;
    const details = isRecord(entry.details) ? entry.details : {};
    const old = epochOf(String(details.old_origin), this.ledger);
    const right = isWhole(details.epoch) && details.epoch > reading.epoch && old >= reading.epoch && old < details.epoch && details.size === index
      && details.root === hex(this.tree.root()) && isWhole(details.lost_to) && details.lost_to >= index;
    if (!right) {
      this.addEntry('restored', index, 'what it tells of the ledger before the restore is not so');
      return;
    }
    this.restored.push({ index, lostTo: details.lost_to, epoch: details.epoch, reason: String(details.reason || entry.why || '') });
    reading.epoch = details.epoch;
    reading.after = this.nextHolder(index);
  }

  /** Compares the root with the checkpoints of the size that the tree has now. */
  passCheckpoints() {
    const { reading, bySize } = this;
    const size = this.tree.size;
    let root = null;
    while (reading.place < bySize.length && bySize[reading.place].size <= size) {
      const checkpoint = bySize[reading.place];
      reading.place++;
      checkpoint.isLost = checkpoint.epoch < reading.epoch;
      if (checkpoint.size < size) checkpoint.state = 'inside';
      else {
        root = root || this.tree.root();
        this.compareRoot(checkpoint, root);
      }
      if (!checkpoint.isLost) reading.before = checkpoint;
    }
    reading.next = reading.place < bySize.length ? bySize[reading.place].size : Infinity;
    const { since } = this.options;
    if (since && since.size === size) this.rootOfSince = this.tree.root();
    if (since && since.size > size) reading.next = Math.min(reading.next, since.size);
    reading.after = this.nextHolder(size);
  }

  compareRoot(checkpoint, root) {
    const { reading } = this;
    const wasBad = reading.bad;
    reading.bad = !same(root, checkpoint.root);
    checkpoint.state = reading.bad ? 'bad' : 'good';
    if (!reading.bad) reading.goodSize = checkpoint.size;
    // What follows a bad entry cannot give a right root either; the first says where.
    else if (!wasBad) this.add('tampered', 'root',
      `Entries ${grouped(reading.goodSize)} to ${grouped(checkpoint.size - 1)} do not give the root signed for ${grouped(checkpoint.size)}.`,
      { first: reading.goodSize, last: checkpoint.size - 1, checkpoint: checkpoint.size });
  }

  nextHolder(size) {
    const { reading, bySize } = this;
    for (let place = reading.place; place < bySize.length; place++) {
      if (bySize[place].size > size && bySize[place].epoch >= reading.epoch) return bySize[place];
    }
    return null;
  }

  // ---- what can be said when everything was read

  checkDigests() {
    const files = isRecord(this.manifest.files) ? this.manifest.files : null;
    if (!files) return;
    for (const [name, said] of Object.entries(files)) {
      if (!this.members.has(name)) {
        if (!MEMBERS.includes(name)) this.add('incomplete', 'member-missing', `“${name}”, which the manifest lists, is not in the bundle.`);
        continue;
      }
      const told = this.told.get(name);
      const isSame = told && isRecord(said) && Object.keys(said).length === 2 && said.bytes === told.bytes && typeof said.sha256 === 'string';
      if (told && !(isSame && (told.sha256 === null || said.sha256 === told.sha256))) {
        this.add('tampered', 'digest', `“${name}” is not what the manifest says: its length or its digest differs.`);
      }
    }
    for (const name of this.members.keys()) {
      if (name !== 'manifest.json' && isMember(name) && !Object.hasOwn(files, name)) this.add('tampered', 'member-unlisted',
        `“${name}” is not in the manifest.`);
    }
  }

  checkExtent() {
    const { tree_size: size, entries } = this.manifest;
    const there = this.tree.size;
    const last = this.checkpoints[this.checkpoints.length - 1];
    if (isWhole(size)) {
      if (there < size) this.add('incomplete', 'entries-missing',
        `The bundle claims ${grouped(size)} entries; they end after ${grouped(there)}.`, { first: there, last: size - 1 });
      if (there > size) this.add('tampered', 'entries-extra',
        `The bundle claims ${grouped(size)} entries, but more follow.`, { first: size, last: there - 1 });
      if (last && last.size !== size) this.add('incomplete', 'last-checkpoint',
        `The last checkpoint holds ${grouped(last.size)} entries, not ${grouped(size)}.`, { checkpoint: last.size });
    }
    if (!last) this.add('incomplete', 'no-checkpoint', 'There is no checkpoint that could be checked.');
    const largest = this.bySize[this.bySize.length - 1];
    if (largest && there < largest.size) this.add('incomplete', 'entries-missing',
      `A checkpoint holds ${grouped(largest.size)} entries, of which only ${grouped(there)} are here.`,
      { first: there, last: largest.size - 1, checkpoint: largest.size });
    if (this.members.has('entries.jsonl') && isWhole(entries) && this.facts.full !== entries) this.add('tampered', 'entries-count',
      `${grouped(this.facts.full)} entries are here in full, ${grouped(entries)} by the manifest.`);
  }

  checkOmitted() {
    if (!this.isOfEverything()) return;
    const ranges = merged(this.explained);
    let place = 0;
    for (const [first, last] of this.omitted) {
      for (let index = first; index <= last;) {
        while (place < ranges.length && ranges[place][1] < index) place++;
        if (place < ranges.length && ranges[place][0] <= index) {
          index = ranges[place][1] + 1;
          continue;
        }
        const end = Math.min(last, place < ranges.length ? ranges[place][0] - 1 : last);
        this.add('incomplete', 'omitted',
          `${span(index, end)} left out, and no entry says that it was pruned or erased.`, { first: index, last: end });
        index = end + 1;
      }
    }
  }

  checkEpochs() {
    for (const { index, lostTo, epoch } of this.restored) {
      if (lostTo > index) this.add('incomplete', 'lost',
        `${span(index, lostTo - 1)} lost: the ledger was restored from a backup when epoch ${epoch} began.`,
        { first: index, last: lostTo - 1 });
    }
    for (const checkpoint of this.checkpoints) {
      if (checkpoint.isLost) {
        const text = `A checkpoint of epoch ${checkpoint.epoch} holds ${grouped(checkpoint.size)} entries, more than the next epoch began with.`;
        this.add('tampered', 'checkpoint-lost', text, { checkpoint: checkpoint.size });
      }
      if (checkpoint.epoch > 1 && !this.reading.stopped) this.checkBeginning(checkpoint);
    }
  }

  /** The restore that ended this epoch, if one did. */
  endOf(epoch) { return this.restored.find((one) => one.epoch > epoch) || null; }

  /** A checkpoint of a later epoch holds the entry that begins it. */
  checkBeginning(checkpoint) {
    const begins = this.restored.find(({ epoch }) => epoch === checkpoint.epoch);
    if (begins && begins.index < checkpoint.size) return;
    const text = `A checkpoint of epoch ${checkpoint.epoch} (${grouped(checkpoint.size)} entries) stands without the entry that begins this epoch.`;
    if (!begins && this.tree.size < checkpoint.size) this.add('incomplete', 'epoch', text);
    else this.add('tampered', 'epoch', text, { checkpoint: checkpoint.size });
  }

  // ---- signatures

  /** The chain of keys: the bundle's oldest, then what rotations made of it. */
  async checkKeys() {
    const given = this.options.trust;
    this.binding = Boolean(given && given.keys.length);
    const first = this.keys[0] || (this.binding ? given.keys[0] : null);
    this.chain = first ? [{ key: first, index: -1 }] : [];
    if (first) for (const { index, details } of this.rotations) await this.takeRotation(index, details);
    this.trusted = this.binding ? this.chain.map(({ key }) => key).find((key) => given.keys.some((one) => one.line === key.line)) || null : null;
    this.first = this.trusted || first;
    if (this.binding && !this.trusted) this.add('unknown key', 'unknown-key', 'None of the keys that you trust signed this ledger.');
  }

  async takeRotation(index, details) {
    const [old, next] = [keyOf(String(details.old)), keyOf(String(details.new))];
    const [oldSignature, newSignature] = [unbase64(details.old_signature), unbase64(details.new_signature)];
    const message = utf8(`ledger key rotation\n${details.old}\n${details.new}\n`);
    const signed = old && next && old.type === LOG_KEY && next.type === LOG_KEY && oldSignature && newSignature
      && await ed25519(old.public, message, oldSignature) && await ed25519(next.public, message, newSignature);
    const inUse = this.chain.length ? this.chain[this.chain.length - 1].key : null;
    if (!signed) this.addEntry('rotation', index, 'the change of key is not signed by both keys');
    else if (inUse && inUse.line !== old.line) this.addEntry('rotation', index, 'the key that it replaces is not the one in use');
    else if (this.chain.some(({ key }) => key.line === next.line)) this.addEntry('rotation', index, 'the new key was used before');
    else this.chain.push({ key: next, index });
  }

  /** Those whose signatures decide: the others' roots are compared, and lie between two of these. */
  decisive() {
    const list = this.bySize.filter((checkpoint) => !checkpoint.isLost && checkpoint.size <= this.tree.size);
    const chosen = new Set(list.slice(0, FIRST_SIGNATURES));
    const epochs = new Set();
    for (const checkpoint of list) {
      if (!epochs.has(checkpoint.epoch)) chosen.add(checkpoint);
      epochs.add(checkpoint.epoch);
    }
    for (const { index } of this.rotations) chosen.add(list.find((checkpoint) => checkpoint.size > index));
    const newest = new Map();
    for (const anchor of this.anchors) for (const found of this.named(anchor)) newest.set(anchor.name, found);
    for (const checkpoint of newest.values()) chosen.add(checkpoint);
    chosen.add(list[list.length - 1]);
    chosen.add(list.find((checkpoint) => checkpoint.state === 'bad'));
    return chosen;
  }

  named(anchor) { return this.bySize.filter((checkpoint) => checkpoint.size === anchor.size && checkpoint.origin === anchor.origin); }

  async checkSignatures() {
    // That the keys or the entries are missing was said; it does not make the signatures those of others.
    if (!this.chain.length || !this.members.has('entries.jsonl')) return;
    const chosen = this.decisive();
    let link = 0;
    for (const checkpoint of this.bySize) {
      if (checkpoint.isLost || checkpoint.size > this.tree.size) continue;
      const needed = [this.chain[link].key];
      // The first one after a rotation is signed by the old and by the new key.
      while (link + 1 < this.chain.length && this.chain[link + 1].index < checkpoint.size) needed.push(this.chain[++link].key);
      if (chosen.has(checkpoint)) await this.checkSignature(checkpoint, needed);
      if (this.pause) await this.pause();
    }
  }

  async checkSignature(checkpoint, needed) {
    this.signaturesVerified++;
    const size = grouped(checkpoint.size);
    for (const key of needed) {
      const how = await signedBy(checkpoint, key, this.ledger);
      const at = { checkpoint: checkpoint.size };
      if (how === 'good') this.signers.set(key.line, key);
      else if (how === 'unknown') this.add('unknown key', 'unknown-key',
        `The checkpoint of ${size} entries is signed by another key than the one in use.`, at);
      else this.add('unsigned', 'unsigned',
        `The checkpoint of ${size} entries ${how === 'false' ? 'has a wrong signature' : 'is not signed by the ledger'}.`, at);
    }
    await this.checkCosignatures(checkpoint, checkpoint.signatures);
  }

  async checkCosignatures(checkpoint, lines) {
    const given = this.options.trust ? this.options.trust.witnesses : [];
    try {
      const { held, unknown } = await cosignatures(checkpoint, lines, [...given, ...this.witnessKeys], this.ledger);
      this.unknownCosignatures += unknown;
      for (const [name, cosignature] of held) this.cosigned.set(name, cosignature);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.add('tampered', 'cosignature',
        `Of the checkpoint of ${grouped(checkpoint.size)} entries ${error.message}.`, { checkpoint: checkpoint.size });
    }
  }

  checkQuorum() {
    const { trust } = this.options;
    const last = this.checkpoints[this.checkpoints.length - 1];
    if (!last || !trust || !trust.quorum) return;
    if (!isReached(trust, trust.quorum, givenOf(this.cosigned, last.size))) this.add('unsigned', 'quorum',
      'The last checkpoint lacks the cosignatures that your policy asks for.', { checkpoint: last.size });
  }

  // ---- anchors, the export, the age

  async readAnchors() {
    await this.readLines('anchors.jsonl', (anchor) => {
      const good = isRecord(anchor) && hasTexts(anchor, ['kind', 'name', 'origin', 'at', 'receipt'], 'size') && isWhole(anchor.size)
        && !Number.isNaN(moment(anchor.at)) && unbase64(anchor.receipt) !== null;
      if (!good || !epochOf(anchor.origin, this.ledger)) throw new Unreadable('it is no anchor of this ledger');
      const receipt = unbase64(anchor.receipt);
      const lines = anchor.kind === 'witness' ? signatureLines(textOf(receipt)) : [];
      this.anchors.push({ ...anchor, at: moment(anchor.at), receipt, lines });
    });
  }

  async checkAnchors() {
    let before = null;
    for (const anchor of this.anchors) {
      const epoch = epochOf(anchor.origin, this.ledger);
      if (before && (epoch < before.epoch || (epoch === before.epoch && anchor.size < before.size))) {
        this.add('tampered', 'anchor-order',
          `The anchor of ${grouped(anchor.size)} entries at ${anchor.name} is not in its place.`, { checkpoint: anchor.size });
      }
      before = { epoch, size: anchor.size };
      const found = this.named(anchor);
      if (found.length) await this.checkReceipt(anchor, found);
      else this.checkAnchorOfNone(anchor, epoch);
    }
  }

  checkAnchorOfNone(anchor, epoch) {
    const end = this.endOf(epoch);
    const what = `${anchor.name} confirmed ${grouped(anchor.size)} entries of ${anchor.origin}`;
    if (!end || anchor.size <= end.index) this.add('incomplete', 'anchor',
      `${what}; that checkpoint is not in the bundle.`, { checkpoint: anchor.size });
    else if (anchor.size > end.lostTo) this.add('tampered', 'lost-more', `${what}; the restore owns up to ${grouped(end.lostTo)} only.`, { first: end.lostTo });
  }

  async checkReceipt(anchor, found) {
    if (anchor.kind === 'witness') {
      await this.checkCosignatures(found[found.length - 1], anchor.lines);
      return;
    }
    const wanted = anchor.kind === 'rfc3161' ? found.map((checkpoint) => sha256(checkpoint.bytes))
      : found.map((checkpoint) => utf8(checkpoint.text.split('\n').slice(0, 3).join(' ')));
    if (!wanted.some((bytes) => holds(anchor.receipt, bytes))) {
      this.add('tampered', 'receipt',
        `What ${anchor.name} confirmed is not the checkpoint of ${grouped(anchor.size)} entries.`, { checkpoint: anchor.size });
    }
  }

  checkOwnExport() {
    if (!this.exports.length) {
      this.add('incomplete', 'own-export',
        'The bundle does not hold the event of its own export: it was cut, or is older than it pretends.');
      return;
    }
    const { index, at, selection, attached } = this.exports[0];
    const place = { first: index };
    this.checkAttached(attached, place);
    if (this.exports.length > 1) this.add('tampered', 'own-export-twice',
      'The event of this export stands in the bundle twice.', { first: this.exports[1].index });
    if (at !== this.manifest.made_at || !alike(selection, this.manifest.selection)) this.add('tampered', 'own-export-other',
      'The manifest gives another time or selection than the event of the export.', place);
    const last = this.checkpoints[this.checkpoints.length - 1];
    const there = this.checkpoints.filter(({ size }) => size <= this.tree.size);
    const earlier = there[there.length - 2];
    if (earlier && earlier.size > index) this.add('tampered', 'own-export-earlier',
      `A checkpoint before the last (${grouped(earlier.size)} entries) holds the event of this export, too.`, place);
  }

  /** What is attached is what the event of the export names, by name, length and SHA-256. */
  checkAttached(told, place) {
    const files = isRecord(this.manifest.files) ? this.manifest.files : {};
    const here = new Map(Object.keys(files).filter((name) => ATTACHED.test(name)).map((name) => [name.slice('attached/'.length), files[name]]));
    for (const name of Object.keys(told)) if (!here.has(name)) this.add('incomplete', 'attached-missing',
      `“${name}”, which the event of the export names, is not attached.`, place);
    for (const [name, said] of here) if (!Object.hasOwn(told, name) || !alike(told[name], said)) this.add('tampered', 'attached-other',
      `“attached/${name}” is not the file that the event of the export names.`, place);
  }

  /** The reader's own older checkpoint must be continued. */
  checkSince() {
    const { since } = this.options;
    if (!since) return;
    const epoch = epochOf(since.origin, this.ledger);
    const end = epoch ? this.endOf(epoch) : null;
    const what = `Your checkpoint of ${grouped(since.size)} entries`;
    if (!epoch) this.add('tampered', 'since', `${what} is that of ${since.origin}, not of ${this.ledger}.`);
    else if (end && since.size > end.index) {
      if (since.size > end.lostTo) this.add('tampered', 'since', `${what} lies beyond what the restore owns up to (${grouped(end.lostTo)}).`, { first: end.lostTo });
    } else if (since.size > this.tree.size) this.add('incomplete', 'since',
      `${what} is larger than the bundle.`, { first: this.tree.size, last: since.size - 1 });
    else if (this.rootOfSince && !same(this.rootOfSince, since.root)) {
      // The bundle's own earlier roots say nothing of it: whoever wrote other entries signed those, too.
      this.add('tampered', 'since', `${what} has another root.`, { first: 0, last: since.size - 1, checkpoint: since.size });
    } else this.sinceHeld = Boolean(this.rootOfSince);
  }

  checkAge() {
    const last = this.checkpoints[this.checkpoints.length - 1];
    if (!last) return;
    const made = moment(this.manifest.made_at);
    if (made - last.time > LEEWAY * 1e6) this.add('stale', 'stale',
      `The last checkpoint (${wordsOf(last.time)}) is older than the export (${wordsOf(made)}).`);
    checkMaxAge(this, last.time);
  }
}

/** Adds to `check.findings` when the last checkpoint is older than the reader allows. */
function checkMaxAge(check, time) {
  const { maxAge, now } = check.options;
  if (maxAge && now * 1000 - time > maxAge * 1e6) check.findings.add('stale', 'max-age',
    `The last checkpoint (${wordsOf(time)}) is older than --max-age allows.`);
}

/** Whether an entry is of a type that keys, epochs, gaps or the export are followed by, told by its bytes alone. */
function isFollowed(bytes, start, end) {
  const line = String.fromCharCode.apply(null, bytes.subarray(start, Math.min(end, start + 4096)));
  return end - start > 4096 || /"type":"(ledger\.key_rotated|ledger\.restored|retention\.pruned|erasure\.done|evidence\.exported)"/.test(line);
}

/** Whether `part` stands somewhere in `whole`. */
function holds(whole, part) {
  for (let at = 0; at + part.length <= whole.length; at++) if (same(whole.subarray(at, at + part.length), part)) return true;
  return false;
}

/** Whether two values of JSON are the same, whatever the order of their keys. */
function alike(one, other) {
  if (!isRecord(one) || !isRecord(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && alike(one[name], other[name]));
}

/** Whether a record has exactly these fields, all of them texts, and perhaps one other. */
function hasTexts(record, names, ...others) {
  return Object.keys(record).length === names.length + others.length && names.every((name) => typeof record[name] === 'string');
}

function isRecord(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/** Adds `index` to a list of ranges [first, last] in ascending order. */
function extend(ranges, index) {
  const last = ranges[ranges.length - 1];
  if (last && last[1] === index - 1) last[1] = index;
  else ranges.push([index, index]);
}

function merged(ranges) {
  const out = [];
  for (const [first, last] of [...ranges].sort((one, other) => one[0] - other[0])) {
    const before = out[out.length - 1];
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else out.push([first, last]);
  }
  return out;
}

function span(first, last) { return first === last ? `Entry ${grouped(first)} is` : `Entries ${grouped(first)} to ${grouped(last)} are`; }

/** What is wrong with an entry's fields, in words; '' when nothing is. */
function whatIsWrong(entry) {
  if (entry.v !== 1 && entry.v !== 2) return 'its version is not known';
  if (typeof entry.id !== 'string' || !UUID7.test(entry.id)) return 'its id is no UUID of version 7';
  const at = moment(entry.ts);
  if (Number.isNaN(at)) return 'its time is not RFC 3339 in UTC with microseconds';
  if ('rec' in entry) {
    const written = moment(entry.rec);
    if (Number.isNaN(written)) return 'the time of its writing is not RFC 3339 in UTC with microseconds';
    if (Math.abs(written - at) <= 60e6) return 'it tells when it was written although that does not differ';
  }
  if (typeof entry.type !== 'string' || !entry.type) return 'it does not say what was done';
  if (entry.v === 1 || entry.obj === undefined) return '';
  if (!isRecord(entry.obj) || typeof entry.obj.model !== 'string' || !entry.obj.model) return 'its object is not named';
  if (typeof entry.obj.pk !== 'string' || !entry.obj.pk) return 'its object has no key';
  if (!(isWhole(entry.obj.seq) && entry.obj.seq > 0)) return 'its object’s event has no number';
  return '';
}

function wordsOf(time) {
  if (!Number.isFinite(time)) return 'never';
  const seconds = Math.floor(time / 1e6);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${String(time - seconds * 1e6).padStart(6, '0')} UTC`;
}

// -------------------------------------------------------------------------------------------------------------- a single proof

const PROOF_HEAD = 'c2sp.org/tlog-proof@v1';

/** Checks one entry: `proof` is text, `payload` the entry's bytes. */
class Proof {
  constructor(proof, payload, options) {
    this.proof = proof;
    this.payload = payload;
    this.options = options;
    this.findings = new Findings();
    this.checkpoint = null;
    this.entry = null;
    this.signers = new Map();
    this.cosigned = new Map();
    this.index = null;
  }

  async check() {
    this.takePayload();
    try {
      this.takeProof();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.findings.add('tampered', 'proof-form', `The proof is not what the format says: ${error.message}.`);
      return this;
    }
    this.checkPath();
    await this.checkSignature();
    checkMaxAge(this, this.checkpoint.time);
    return this;
  }

  takePayload() {
    const bytes = NODE ? Buffer.from(this.payload) : this.payload;
    try {
      checkCanonical(bytes, 0, bytes.length);
      this.entry = parsed(bytes, 0, bytes.length);
      const wrong = whatIsWrong(this.entry);
      if (wrong) throw new Unreadable(wrong);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.wrong = `The entry is not what the format says: ${error.message}.`;
    }
  }

  takeProof() {
    const cut = this.proof.indexOf('\n\n');
    const lines = this.proof.slice(0, Math.max(cut, 0)).split('\n');
    if (/^extra [A-Za-z0-9+/=]*$/.test(lines[1] || '')) lines.splice(1, 1);
    const found = /^index (0|[1-9]\d{0,15})$/.exec(lines[1] || '');
    if (lines[0] !== PROOF_HEAD || !found) throw new Unreadable('it does not begin as one');
    this.index = Number(found[1]);
    this.path = lines.slice(2).map(unbase64);
    if (this.path.some((hash) => !hash || hash.length !== 32)) throw new Unreadable('a hash is none');
    this.checkpoint = checkpointOf(this.proof.slice(cut + 2));
    this.ledger = this.checkpoint.origin.replace(/\/epoch-[1-9]\d*$/, '');
  }

  checkPath() {
    const { checkpoint, index } = this;
    const leaf = sha256(joined(Uint8Array.of(0), this.payload));
    if (this.wrong) this.findings.add('tampered', 'entry-form', this.wrong, { first: index, checkpoint: checkpoint.size });
    const root = index < checkpoint.size ? rootByPath(leaf, index, checkpoint.size, this.path) : null;
    if (!same(root, checkpoint.root)) {
      this.findings.add('tampered', 'root',
        `The entry does not lead to the root signed for ${grouped(checkpoint.size)} entries.`,
        { first: index, checkpoint: checkpoint.size });
    }
    if (this.entry && !this.wrong) {
      const written = moment(this.entry.rec === undefined ? this.entry.ts : this.entry.rec);
      if (written > checkpoint.time + LEEWAY * 1e6) this.findings.add('tampered', 'time',
        'The entry is dated after it was signed.', { first: index, checkpoint: checkpoint.size });
    }
  }

  async checkSignature() {
    const trust = this.options.trust || NO_TRUST;
    await checkTrusted(this, this.checkpoint, trust);
  }
}

const NO_TRUST = { keys: [], witnesses: [], groups: new Map(), quorum: null };

/** Whether a checkpoint that stands alone is signed by a key that the reader gave. */
async function checkTrusted(check, checkpoint, trust) {
  const { findings } = check;
  const hows = [];
  for (const key of trust.keys.length ? trust.keys : [null]) {
    const how = await signedBy(checkpoint, key, check.ledger);
    if (how === 'good') check.signers.set(key.line, key);
    hows.push(how);
  }
  const at = { checkpoint: checkpoint.size };
  if (!trust.keys.length) findings.add('unknown key', 'no-key',
    'You gave no key. Get the ledger’s from the organisation and give it with --key.');
  if (hows.includes('false')) findings.add('unsigned', 'unsigned', 'The checkpoint has a wrong signature.', at);
  else if (hows.includes('none')) findings.add('unsigned', 'unsigned', 'The checkpoint is not signed by the ledger.', at);
  else if (!hows.includes('good') && trust.keys.length) findings.add('unknown key', 'unknown-key',
    'The checkpoint is signed by a key that you do not trust.', at);
  try {
    const { held } = await cosignatures(checkpoint, checkpoint.signatures, trust.witnesses, check.ledger);
    for (const [name, cosignature] of held) check.cosigned.set(name, cosignature);
    if (trust.quorum && !isReached(trust, trust.quorum, givenOf(held, checkpoint.size))) findings.add('unsigned', 'quorum',
      'The checkpoint lacks the cosignatures that your policy asks for.', at);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    findings.add('tampered', 'cosignature', `Of the checkpoint ${error.message}.`, at);
  }
}

// ------------------------------------------------------------------------------------------------------- that one continues another

/** Whether the newer checkpoint continues the older one: texts of two notes and of the proof between them. */
class Continuation {
  constructor(older, newer, proof, options) {
    this.texts = { older, newer, proof };
    this.options = options;
    this.findings = new Findings();
    this.signers = new Map();
    this.cosigned = new Map();
  }

  async check() {
    try {
      [this.older, this.newer] = [checkpointOf(this.texts.older), checkpointOf(this.texts.newer)];
      this.ledger = this.newer.origin.replace(/\/epoch-[1-9]\d*$/, '');
      const [head, ...lines] = this.texts.proof.split('\n\n')[0].replace(/\n$/, '').split('\n');
      const path = lines.map(unbase64);
      if (!/^old (0|[1-9]\d{0,15})$/.test(head) || path.some((hash) => !hash || hash.length !== 32)) throw new Unreadable('it does not begin as one');
      this.compare(Number(head.slice(4)), path);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.findings.add('tampered', 'proof-form', `The proof is not what the format says: ${error.message}.`);
      return this;
    }
    for (const checkpoint of [this.older, this.newer]) await checkTrusted(this, checkpoint, { ...(this.options.trust || NO_TRUST), quorum: null });
    checkMaxAge(this, this.newer.time);
    return this;
  }

  compare(size, path) {
    const { older, newer, findings } = this;
    const fits = size === older.size && older.origin === newer.origin && older.size <= newer.size && isContinued(older, newer, path);
    if (!fits) findings.add('tampered', 'continuation',
      `The checkpoint of ${grouped(newer.size)} entries does not continue that of ${grouped(older.size)}.`,
      { first: 0, last: older.size - 1, checkpoint: newer.size });
    if (newer.time < older.time) findings.add('tampered', 'checkpoint-order',
      'The newer checkpoint is dated before the older one.', { checkpoint: newer.size });
  }
}

/** RFC 9162, 2.1.4.2. */
function isContinued(older, newer, path) {
  if (older.size === newer.size) return !path.length && same(older.root, newer.root);
  if (older.size === 0) return !path.length && same(older.root, sha256(new Uint8Array(0)));
  const whole = Number.isInteger(Math.log2(older.size));
  const [start, ...rest] = whole ? [older.root, ...path] : path;
  if (!start) return false;
  let [at, last] = [older.size - 1, newer.size - 1];
  while (at % 2 === 1) { at = (at - 1) / 2; last = Math.floor(last / 2); }
  let [old, now] = [start, start];
  for (const hash of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, now] = [nodeHash(hash, old), nodeHash(hash, now)];
      while (at % 2 === 0 && at !== 0) { at = at / 2; last = Math.floor(last / 2); }
    } else {
      now = nodeHash(now, hash);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && same(old, older.root) && same(now, newer.root);
}

// --------------------------------------------------------------------------------------------------------------- the verdict in words

const IN_WORDS = {
  sound: 'Everything that this file claims was checked and holds.',
  tampered: 'What this file holds contradicts itself. It was altered.',
  'unknown key': 'The signatures are those of keys that you do not trust.',
  unsigned: 'A checkpoint that is needed is not signed.',
  incomplete: 'Something that this file claims is not in it.',
  stale: 'This file is older than it may be.',
};

function signersOf(check, trust) {
  return [...check.signers.values()].map((key) => ({ name: key.name, id: key.id, fingerprint: fingerprint(key), trust }));
}

function witnessesOf(check) {
  const trust = (given) => (given ? 'given by you' : 'NOT verified: only this bundle vouches for its key');
  return [...check.cosigned.values()].map(({ name, size, at, given }) => ({ name, size, at: wordsOf(at * 1e6), trust: trust(given) }));
}

function positionOf(first) {
  if (!first) return '';
  const isOne = first.last === null || first.last === first.first;
  const where = isOne ? `Entry ${grouped(first.first)} is the first bad one`
    : `The first bad entry is one of ${grouped(first.first)} to ${grouped(first.last)}`;
  const bound = first.checkpoint === null ? '' : `, bounded by the checkpoint of ${grouped(first.checkpoint)} entries`;
  return `${where}${bound}. Entries are counted from 0.`;
}

/** What a check found, as plain data: for --json, and with `facts` (labels and words) for people. */
function reportOf(check) {
  const word = check.findings.word();
  const first = word === 'tampered' ? check.findings.firstBad() : null;
  const about = check instanceof Proof ? proofAbout(check) : check instanceof Continuation ? continuationAbout(check) : bundleAbout(check);
  const report = {
    status: STATUS[word],
    word,
    meaning: IN_WORDS[word],
    whose_key: word === 'sound' && check.first && !check.trusted ? `The key is the bundle’s own: compare its fingerprint ${fingerprint(check.first)}.` : '',
    first_bad: first && { first: first.first, last: first.last, checkpoint: first.checkpoint },
    first_bad_in_words: positionOf(first),
    findings: check.findings.sorted(),
    more_findings: check.findings.more(),
    ...about,
  };
  report.facts = factsOf(report);
  return report;
}

function bundleAbout(check) {
  const { facts, reading, tree, options } = check;
  const manifest = check.isDescribed ? check.manifest : { bundle: null, made_at: null, selection: null };
  const [first, last] = check.bySize && check.bySize.length ? [check.bySize[0], check.bySize[check.bySize.length - 1]] : [null, null];
  const timed = Number.isFinite(reading.firstTime);
  const trust = check.trusted ? 'given by you, or tied to it by rotations'
    : 'NOT verified: only this bundle vouches for it; compare the fingerprint with one from elsewhere';
  const lost = check.restored.filter(({ index, lostTo }) => lostTo > index);
  return {
    ledger: { name: check.ledger || null, bundle: manifest.bundle, made_at: manifest.made_at },
    selection: manifest.selection,
    entries: { total: tree.size, in_full: facts.full, left_out: facts.omittedCount, told_late: facts.late },
    indexes: tree.size ? `0 to ${tree.size - 1}` : 'none',
    time_span: { from: timed ? wordsOf(reading.firstTime) : null, to: timed ? wordsOf(reading.lastTime) : null },
    checkpoints: {
      count: check.checkpoints.length, signatures_verified: check.signaturesVerified, first: first && wordsOf(first.time), last: last && wordsOf(last.time),
    },
    signers: signersOf(check, trust),
    witnesses: witnessesOf(check),
    anchors: anchorsOf(check),
    attached: check.attached().map((name) => name.slice('attached/'.length)).sort(),
    gaps: gapsOf(check),
    more_gaps: Math.max(0, check.omitted.length - MOST_OF_A_KIND),
    lost: lost.map(({ index, lostTo, epoch, reason }) => ({ from: index, to: lostTo - 1, epoch, reason })),
    redactions: { values: facts.sealed, values_without_card: facts.sealed - facts.opened, cards: check.cards.size },
    not_checked: notChecked(check, options),
  };
}

/** The newest confirmation of each anchor. */
function anchorsOf(check) {
  const newest = new Map();
  for (const { kind, name, size, at } of check.anchors) newest.set(`${kind} ${name}`, { kind, name, size, at: wordsOf(at) });
  return [...newest.values()];
}

/** What is not here in full, in words; of single payloads the first ranges. */
function gapsOf({ facts, omitted }) {
  const gaps = omitted.slice(0, MOST_OF_A_KIND).map(([first, last]) => (
    first === last ? `the payload of entry ${grouped(first)}` : `the payloads of entries ${grouped(first)} to ${grouped(last)}`));
  if (facts.chosenAway) gaps.push(`${grouped(facts.chosenAway)} entries in larger parts, which are not of the selection`);
  if (facts.gaps) gaps.push(`${grouped(facts.gaps)} numbers of objects’ events, which lie among these`);
  return gaps;
}

/** The same for people: labels and words. */
function factsOf(report) {
  const { entries, time_span: span, checkpoints, redactions, lost } = report;
  const listed = (list, words) => (list && list.length ? list.map(words).join('; ') : 'none');
  const rows = [['Ledger', report.ledger.name || 'not told']];
  if (report.older) rows.push(['Older', report.older], ['Newer', report.newer]);
  if (report.ledger.bundle) rows.push(['Bundle', `${report.ledger.bundle}, made at ${wordsOf(moment(report.ledger.made_at))}`]);
  if ('selection' in report) rows.push(['Selection', report.selection === null ? 'everything' : selectionInWords(report.selection)]);
  if (entries) {
    const late = entries.told_late ? `; ${grouped(entries.told_late)} were written later than they happened` : '';
    rows.push(['Entries', `${grouped(entries.in_full)} in full, ${grouped(entries.left_out)} by their hashes only${late}`]);
  }
  if (report.indexes) rows.push(['Indexes', report.indexes.replace(/\d+/g, grouped)]);
  if (span) rows.push(['Time span', span.from ? `${span.from} to ${span.to}` : 'none']);
  if (checkpoints) {
    const last = checkpoints.last ? `; the last at ${checkpoints.last}` : '';
    rows.push(['Checkpoints', `${grouped(checkpoints.count)}, ${grouped(checkpoints.signatures_verified)} signatures verified${last}`]);
  }
  rows.push(['Signers',
    listed(report.signers, ({ name, id, fingerprint: print, trust }) => `${name}, key ${id}, fingerprint ${print} (${trust})`)]);
  rows.push(['Witnesses',
    listed(report.witnesses, ({ name, size, at, trust }) => `${name}: ${grouped(size)} entries at ${at} (${trust})`)]);
  if (report.anchors) rows.push(['Anchors',
    listed(report.anchors, ({ kind, name, size, at }) => `${name} (${kind}): ${grouped(size)} entries at ${at}`)]);
  const more = report.more_gaps ? `; and ${grouped(report.more_gaps)} more ranges of payloads` : '';
  if (report.gaps) rows.push(['Gaps', listed(report.gaps, (text) => text) + more]);
  if (lost) rows.push(['Lost',
    listed(lost, ({ from, to, reason }) => `entries ${grouped(from)} to ${grouped(to)} in a restore${reason ? ` (${reason})` : ''}`)]);
  if (redactions) {
    const without = redactions.values_without_card;
    const closed = without ? `; ${grouped(without)} of them without a card: erased, or not shown to you` : ', all with their cards';
    rows.push(['Redactions', redactions.values ? `${grouped(redactions.values)} personal values stand as commitments${closed}` : 'none']);
  }
  return rows;
}

function selectionInWords(selection) {
  const parts = ['from', 'to', 'object'].filter((name) => selection[name]).map((name) => `${name} ${selection[name]}`);
  return parts.length ? parts.join(', ') : 'a choice of entries';
}

function notChecked(check, options) {
  const inside = check.checkpoints.filter((checkpoint) => checkpoint.state === 'inside').length;
  const list = ['Whether what an entry tells was true when it was written.'];
  if (check.trusted) list.push('How you came by the key that you gave.');
  else if (check.first && !check.binding) list.push(
    `Whose key it is: you gave none, so the oldest in the bundle was taken, fingerprint ${fingerprint(check.first)}.`);
  if (!options.maxAge) list.push('Whether there is a newer ledger: no --max-age was given.');
  if (check.anchors.length) list.push('Who made the receipts of the anchors: compare them with what the anchors themselves hold.');
  if (options.quick) list.push('What only a reading of the entries shows (--quick): form, ids, numbers, times, commitments.',
    'The manifest’s digest of entries.jsonl (--quick): its length was compared, and the tree holds every byte of it.');
  if (options.since && check.sinceHeld === false) list.push(
    'The root of your own older checkpoint: it ends among entries that are left out.');
  if (check.checkpoints.length > check.signaturesVerified) list.push(
    `The signatures of ${grouped(check.checkpoints.length - check.signaturesVerified)} checkpoints between those that were verified.`);
  if (check.unknownCosignatures) list.push(`${grouped(check.unknownCosignatures)} cosignatures of witnesses whose keys were not given.`);
  if (inside) list.push(`The roots of ${grouped(inside)} checkpoints: they end among entries that are left out.`);
  if (check.facts.omittedCount) list.push(
    `What ${grouped(check.facts.omittedCount)} entries say that are here only by their hashes, and that none of them belongs to the selection.`);
  list.push('The programs and the README in the bundle: only their digests.');
  return list;
}

function proofAbout(check) {
  const { entry, checkpoint } = check;
  const at = entry && !check.wrong ? wordsOf(moment(entry.ts)) : null;
  const list = ['Whether what the entry tells was true when it was written.', 'Any other entry of the ledger.'];
  if (check.signers.size) list.push('How you came by the key that you gave.');
  if (!check.options.maxAge) list.push('Whether there is a newer ledger: no --max-age was given.');
  return {
    ledger: { name: check.ledger || null },
    entries: { total: checkpoint ? checkpoint.size : 1, in_full: 1, left_out: checkpoint ? checkpoint.size - 1 : 0, told_late: entry && 'rec' in entry ? 1 : 0 },
    indexes: check.index === null ? 'not told' : `${check.index}`,
    time_span: { from: at, to: at },
    checkpoints: checkpoint ? { count: 1, signatures_verified: 1, first: wordsOf(checkpoint.time), last: wordsOf(checkpoint.time) } : null,
    signers: signersOf(check, 'given by you'),
    witnesses: witnessesOf(check),
    not_checked: list,
  };
}

function continuationAbout(check) {
  const words = (checkpoint) => (checkpoint ? `${grouped(checkpoint.size)} entries at ${wordsOf(checkpoint.time)}` : 'not read');
  return {
    ledger: { name: check.ledger || null },
    older: words(check.older),
    newer: words(check.newer),
    signers: signersOf(check, 'given by you'),
    witnesses: witnessesOf(check),
    not_checked: ['What any entry says.', 'How you came by the key that you gave.'],
  };
}

function inText(report) {
  const lines = [`${report.word.toUpperCase()} (${report.status}): ${report.meaning}`];
  for (const text of [report.first_bad_in_words, report.whose_key]) if (text) lines.push(text);
  if (report.findings.length) lines.push('', 'Findings');
  for (const { word, text } of report.findings) lines.push(`  ${word}: ${text}`);
  for (const [kind, count] of Object.entries(report.more_findings)) lines.push(`  and ${grouped(count)} more of the kind ${kind}`);
  lines.push('', 'What there is');
  for (const [label, text] of report.facts) lines.push(`  ${`${label}:`.padEnd(13)} ${text}`);
  lines.push('', 'Not checked');
  for (const text of report.not_checked) lines.push(`  - ${text}`);
  return `${lines.join('\n')}\n`;
}

/** Seconds of '24h', '30m', '7d', '90s' or '90'; null when it is none. */
function secondsOf(text) {
  const found = /^(\d{1,9})([smhd]?)$/.exec(text);
  return found ? Number(found[1]) * { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[found[2]] : null;
}

// ------------------------------------------------------------------------------------------------------------------ at the command line

const USAGE = `Use: node verify.js bundle.zip [--key VKEY|FILE]... [--policy FILE] [--since CHECKPOINT] [--max-age 24h] [--quick] [--json]
     node verify.js item.tlog-proof [--payload item.json] [--key VKEY|FILE]... [--policy FILE] [--max-age 24h] [--json]
     node verify.js --consistency OLDER NEWER PROOF [--key VKEY|FILE]... [--policy FILE] [--json]
`;

class AskedWrongly extends Error {}

function nodeSource(file) {
  const { fs, zlib, stream } = node;
  const handle = fs.openSync(file, 'r');
  const { size } = fs.fstatSync(handle);
  return {
    size,
    close: () => fs.closeSync(handle),
    read: async (start, length) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
      const got = bytes.length ? fs.readSync(handle, bytes, 0, bytes.length, start) : 0;
      if (got < length) throw new Unreadable('the file ends too early');
      return bytes;
    },
    stream: (start, length, packed) => {
      if (!length) return [];
      const raw = fs.createReadStream(file, { fd: handle, autoClose: false, start, end: start + length - 1, highWaterMark: 1 << 18 });
      return packed ? unpacked(stream.pipeline(raw, zlib.createInflateRaw({ chunkSize: 1 << 18 }), () => {})) : raw;
    },
  };
}

function optionsFrom(words) {
  const asked = { file: null, payload: null, consistency: null, since: null, keys: [], policies: [], maxAge: null };
  Object.assign(asked, { json: false, quick: false, batch: false });
  const left = [...words];
  while (left.length) {
    const [name, ...rest] = left[0].startsWith('--') ? left.shift().split('=') : [left.shift()];
    const value = () => {
      const said = rest.length ? rest.join('=') : left.shift();
      if (said === undefined) throw new AskedWrongly(`${name} needs a value.`);
      return said;
    };
    if (name === '--key') asked.keys.push(value());
    else if (name === '--policy') asked.policies.push(value());
    else if (name === '--payload') asked.payload = value();
    else if (name === '--since') asked.since = value();
    else if (name === '--consistency') asked.consistency = [value(), value(), value()];
    else if (name === '--max-age') asked.maxAge = secondsOf(value());
    else if (['--json', '--quick', '--batch'].includes(name)) asked[name.slice(2)] = true;
    else if (name === '--deep') asked.quick = false;
    else if (name.startsWith('--') || asked.file !== null) throw new AskedWrongly(`“${name}” is not understood.`);
    else asked.file = name;
    if (name === '--max-age' && asked.maxAge === null) throw new AskedWrongly('--max-age is a number with s, m, h or d, such as 24h.');
  }
  if (asked.file === null && !asked.batch && !asked.consistency) throw new AskedWrongly('Name the file to check.');
  return asked;
}

function textOfFile(file) {
  try {
    return textOf(node.fs.readFileSync(file));
  } catch (error) {
    throw new AskedWrongly(`“${file}” is no file of text that can be read.`);
  }
}

function optionsOf(asked) {
  const options = { trust: null, since: null, quick: asked.quick, maxAge: asked.maxAge, now: Date.now() };
  const texts = [...asked.keys.map((said) => (keyOf(said) ? said : textOfFile(said))), ...asked.policies.map(textOfFile)];
  try {
    if (texts.length) options.trust = trustOf(texts);
    if (asked.since) options.since = checkpointOf(textOfFile(asked.since));
  } catch (error) {
    if (error instanceof Unreadable) throw new AskedWrongly(`${error.message}.`);
    throw error;
  }
  return options;
}

async function checkFile(asked) {
  const options = optionsOf(asked);
  if (asked.consistency) return reportOf(await new Continuation(...asked.consistency.map(textOfFile), options).check());
  const source = nodeSource(asked.file);
  try {
    const head = textOrEmpty(await source.read(0, Math.min(source.size, PROOF_HEAD.length)));
    if (head !== PROOF_HEAD && !asked.payload) return reportOf(await new Bundle(source, options).check());
  } finally {
    source.close();
  }
  const payload = asked.payload || asked.file.replace(/(\.tlog-proof)?$/, '.json');
  return reportOf(await new Proof(textOrEmpty(node.fs.readFileSync(asked.file)), node.fs.readFileSync(payload), options).check());
}

function textOrEmpty(bytes) {
  try {
    return textOf(bytes);
  } catch (error) {
    return '';
  }
}

/** For comparing verifiers: a line of JSON {"words": [...]} from stdin, a line with the report to stdout. Not for people. */
async function answerLines() {
  let rest = '';
  for await (const piece of process.stdin.setEncoding('utf8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      let answer;
      try {
        answer = await checkFile(optionsFrom(JSON.parse(line).words));
      } catch (error) {
        answer = { status: -1, error: String(error.stack) };
      }
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    }
  }
}

async function fromCommandLine(words) {
  try {
    const asked = optionsFrom(words);
    if (asked.batch) return await answerLines();
    const report = await checkFile(asked);
    process.stdout.write(asked.json ? `${JSON.stringify({ ...report, facts: undefined }, null, 2)}\n` : inText(report));
    process.exitCode = report.status;
  } catch (error) {
    const unreadable = typeof error.syscall === 'string';
    if (!(error instanceof AskedWrongly) && !unreadable) throw error;
    process.stderr.write(`${unreadable ? `The file cannot be read: ${error.message}` : error.message}\n${USAGE}`);
    process.exitCode = 64;
  }
}

// ------------------------------------------------------------------------------------------------------------------ in a browser

/** A file that was chosen or dropped. */
function fileSource(file) {
  return {
    size: file.size,
    read: async (start, length) => {
      if (start + length > file.size) throw new Unreadable('the file ends too early');
      return new Uint8Array(await file.slice(start, start + length).arrayBuffer());
    },
    stream: (start, length, packed) => {
      const raw = file.slice(start, start + length).stream();
      return unpacked(piecesOf(packed ? raw.pipeThrough(new DecompressionStream('deflate-raw')) : raw));
    },
  };
}

async function* piecesOf(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Checks chosen files: a bundle, or a proof and its entry. `keys` is text with keys or a policy. Throws Error with words for the reader. */
async function checkChosen(files, keys, pause) {
  const options = { trust: keys.trim() ? trustOf([keys]) : null, maxAge: null, now: Date.now(), pause };
  const proof = files.find((file) => file.name.endsWith('.tlog-proof'));
  const other = files.find((file) => file !== proof);
  if (files.length > 2 || (files.length === 2 && !proof)) throw new Error('Choose one bundle, or a single proof with its entry.');
  if (!proof) return reportOf(await new Bundle(fileSource(other), options).check());
  if (!other) throw new Error('A single proof is checked with its entry. Choose both files together: the .tlog-proof and the .json.');
  const [text, payload] = [textOrEmpty(new Uint8Array(await proof.arrayBuffer())), new Uint8Array(await other.arrayBuffer())];
  return reportOf(await new Proof(text, payload, options).check());
}

if (typeof document !== 'undefined') globalThis.ledgerVerifier = { checkChosen, grouped };
if (NODE && typeof module !== 'undefined') {
  module.exports = { checkFile, reportOf, ed25519, ed25519Slowly, Sha256, sha512, rootByPath, Tree, checkCanonical };
  if (require.main === module) fromCommandLine(process.argv.slice(2));
}
}());
