import { createHmac, timingSafeEqual } from "node:crypto";

/** A file that may be read with a signed URL of the server's own endpoint, and until when. */
export interface SignedFile {
  /** Name and uid of the BackupStorageLocation: another one of that name is not meant. */
  readonly location: string;
  readonly locationUid: string;
  /** In the location's store. */
  readonly key: string;
  readonly until: Date;
}

export interface SigningKey {
  /** Stands in the URL; letters, digits and `-`. */
  readonly id: string;
  readonly secret: Uint8Array;
}

/** What a path says; nothing of it is true before {@link checkSignature} has said so. */
export interface SignedPath extends SignedFile {
  readonly keyId: string;
  readonly signature: string;
}

/** Everything before it belongs to whoever forwards: an ingress, the API server's proxy. */
const start = "/downloads/v1/";

/** `/downloads/v1/LOCATION/UID/KEY?expires=SECONDS&key=ID&signature=HEX`; the query is a credential. */
export function signedPath(file: SignedFile, key: SigningKey): string {
  const parts = [file.location, file.locationUid, ...file.key.split("/")];
  const query = `expires=${secondsOf(file)}&key=${key.id}&signature=${signatureOf(file, key)}`;
  return `${start}${parts.map(encodeURIComponent).join("/")}?${query}`;
}

/** The path alone of a URL that this server has signed, without what forwards it; undefined: it is no such URL. */
export function ownPathOf(url: string): string | undefined {
  const at = url.indexOf(start);
  return at === -1 ? undefined : url.slice(at);
}

/** Undefined: it is none of ours. */
export function parseSignedPath(target: string): SignedPath | undefined {
  const [path = "", query = ""] = (ownPathOf(target) ?? "").split("?");
  const parts = decoded(path.slice(start.length).split("/"));
  const [location = "", locationUid = "", ...key] = parts ?? [];
  const asked = new URLSearchParams(query);
  const expires = asked.get("expires") ?? "";
  const keyId = asked.get("key") ?? "";
  const signature = asked.get("signature") ?? "";
  const isWhole = location !== "" && locationUid !== "" && key.length > 0;
  if (!isWhole || !/^\d{1,12}$/.test(expires) || !/^[0-9a-f]{64}$/.test(signature)) {
    return undefined;
  }
  const until = new Date(Number(expires) * 1000);
  return { location, locationUid, key: key.join("/"), until, keyId, signature };
}

export type Verdict = "valid" | "unknown key" | "wrong" | "expired";

/** Compares in a time that tells nothing of the signature. */
export function checkSignature(asked: SignedPath, keys: readonly SigningKey[], now: Date): Verdict {
  const key = keys.find(({ id }) => id === asked.keyId);
  if (key === undefined) return "unknown key";
  const right = Buffer.from(signatureOf(asked, key), "hex");
  if (!timingSafeEqual(right, Buffer.from(asked.signature, "hex"))) return "wrong";
  return now.getTime() < asked.until.getTime() ? "valid" : "expired";
}

/** Over all that the URL grants, as JSON: no two files have one text. */
function signatureOf(file: SignedFile, { secret }: SigningKey): string {
  const text = ["ark-ts download v1", file.location, file.locationUid, file.key, secondsOf(file)];
  return createHmac("sha256", secret).update(JSON.stringify(text)).digest("hex");
}

const secondsOf = ({ until }: SignedFile): number => Math.floor(until.getTime() / 1000);

function decoded(parts: readonly string[]): readonly string[] | undefined {
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
