/**
 * A proxy that brings programs which know no other address than `compute.googleapis.com` to a double,
 * by TLS with a certificate of its own.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createAuthority, issueCertificate } from "../../testbed/certificates.ts";
import type { ComputeDouble } from "./compute-double.ts";

const host = "compute.googleapis.com";

export interface GoogleFront {
  /** PEM of who signed for that name. */
  readonly ca: string;
  readonly proxy: string;
  stop(): Promise<void>;
}

export async function startGoogleFront(double: ComputeDouble): Promise<GoogleFront> {
  const authority = createAuthority("google-front");
  const { cert, key } = issueCertificate(authority, {
    commonName: host,
    dnsNames: [host],
    usage: "server",
  });
  const tls = createTlsServer({ cert, key }, (request, response) => {
    void double.answer(request, response);
  });
  await once(tls.listen(0, "127.0.0.1"), "listening");
  const { port } = tls.address() as AddressInfo;
  const sockets = new Set<Socket>();
  const proxy = createServer((_request, response) => response.writeHead(405).end());
  proxy.on("connect", ({ url }, client: Socket, head: Buffer) => {
    if (url !== `${host}:443`) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return {
    ca: authority.cert,
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      tls.closeAllConnections();
      tls.close();
      proxy.closeAllConnections();
      proxy.close();
      await Promise.all([once(tls, "close"), once(proxy, "close")]);
    },
  };
}
