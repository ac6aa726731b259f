import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates with the openssl command in one folder. */
export function certificateMaker(folder: string) {
  const openssl = (args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const pair = (name: string): KeyPair => {
    const certFile = join(folder, `${name}.crt`);
    const keyFile = join(folder, `${name}.key`);
    const text = (file: string): string => readFileSync(file, "utf8");
    return { certFile, keyFile, cert: text(certFile), key: text(keyFile) };
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  return {
    authority(name: string): KeyPair {
      openssl([
        ...["req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.crt`],
        ...["-days", "30", "-subj", `/CN=${name}`],
        ...["-addext", "keyUsage=critical,keyCertSign,digitalSignature"],
      ]);
      return pair(name);
    },
    signed(name: string, authority: string, extension: string): KeyPair {
      openssl([
        ...["req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.crt`],
        ...["-days", "30", "-subj", `/CN=${name}`],
        ...["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`],
        ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", extension],
      ]);
      return pair(name);
    },
  };
}
