import type { CertificateChoice } from "./certificate-source.ts";

/** What the flags of `ark-ts server` say of its own downloads. */
export interface DownloadSettings {
  /** Where it listens: `:8443`. */
  readonly address: string;
  /** What its URLs begin with, no slash at the end; absent: its Service's name in the cluster. */
  readonly publicUrl?: string;
  readonly certificate: CertificateChoice;
}
