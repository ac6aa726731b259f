import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  type UserDelegationKey,
} from "@azure/storage-blob";
import type { SignedUrlOptions } from "../../src/plugin-sdk/object-store.ts";
import { blobOf, type Clients, type Connection } from "./connect.ts";

/** Clocks differ: as Velero, from ten minutes ago; what delegates is good for a week at most. */
const leadMs = 600_000;
const longestMs = 7 * 86_400_000;

/** By the account's key, else by a key that Azure delegates to who asks. */
export async function signUrl(
  connection: Connection,
  key: string,
  { expiresInSeconds, signal }: SignedUrlOptions,
): Promise<string> {
  const whole = connection.options.prefix + key;
  const now = connection.clock.now().getTime();
  const expiresOn = new Date(now + expiresInSeconds * 1_000);
  const startsOn = new Date(Math.max(now - leadMs, expiresOn.getTime() - longestMs));
  return await connection.call("GetUserDelegationKey", whole, signal, async (clients, abort) => {
    const { authority, endpoint } = clients.access;
    const values = {
      containerName: connection.options.container,
      blobName: whole,
      permissions: BlobSASPermissions.parse("r"),
      startsOn,
      expiresOn,
      protocol: endpoint.startsWith("http:") ? SASProtocol.HttpsAndHttp : SASProtocol.Https,
    };
    const signed =
      authority.kind === "key"
        ? generateBlobSASQueryParameters(values, authority.credential)
        : generateBlobSASQueryParameters(
            values,
            await delegatedKey(clients, startsOn, expiresOn, abort),
            connection.options.account,
          );
    return `${blobOf(clients, whole).url}?${signed.toString()}`;
  });
}

async function delegatedKey(
  { service }: Clients,
  startsOn: Date,
  expiresOn: Date,
  abortSignal: AbortSignal,
): Promise<UserDelegationKey> {
  return await service.getUserDelegationKey(startsOn, expiresOn, { abortSignal });
}
