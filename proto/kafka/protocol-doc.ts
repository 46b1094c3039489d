// core: the text of docs/PROTOCOL.md: which APIs this release serves and in which versions, made from the
// same table that ApiVersions answers from.
import { advertised } from "./advertised.ts";
import { type ApiName, apis } from "./apis.ts";

const introduction = `# Protocol

<!-- Written by scripts/generate-protocol-doc.ts from proto/kafka/advertised.ts: change that instead. -->

Ottla speaks the Kafka protocol to clients. A client asks with ApiVersions what a broker offers; this page is
that answer for the present release, with the versions that the protocol tables (\`proto/kafka/schemas\`) can
encode and decode beside it. What is not offered is not implemented yet.

A request for an API or a version that is not offered closes the connection, as Kafka does; only ApiVersions
itself answers UNSUPPORTED_VERSION in version 0 (KIP-511). Record batches are of format 2 (magic 2)
throughout; older message sets are refused with INVALID_RECORD. Compression: gzip, snappy (raw and xerial
framing), lz4 frames and zstd.

`;

function range(min: number, max: number): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

function offeredTable(): string {
  const rows = (Object.keys(advertised) as ApiName[])
    .sort((one, other) => apis[one].key - apis[other].key)
    .map((name) => {
      const { min, max, serveFrom } = advertised[name]!;
      const { request } = apis[name];
      const note = serveFrom > min ? `versions ${range(min, serveFrom - 1)} are refused [1]` : "";
      const flexible = request.flexibleFrom === null ? "-" : `${request.flexibleFrom}+`;
      return `| ${apis[name].key} | ${name} | ${range(min, max)} | ${flexible} | ${note} |`;
    });
  return (
    "## Offered\n\n| key | API | versions | flexible | note |\n|--:|---|---|---|---|\n" +
    `${rows.join("\n")}\n\n` +
    "[1] In the range because librdkafka up to 2.0.2 uses them to decide on features (compression), " +
    "without\n" +
    "ever sending them.\n\n"
  );
}

function knownTable(): string {
  const rows = Object.values(apis)
    .filter(({ name }) => advertised[name as ApiName] === undefined)
    .map(
      ({ key, name, request }) =>
        `| ${key} | ${name} | ${range(request.versions.min, request.versions.max)} |`,
    );
  return (
    "## Not offered yet\n\nThe codec knows their layout; no broker serves them in this release.\n\n" +
    `| key | API | versions with a layout |\n|--:|---|---|\n${rows.join("\n")}\n`
  );
}

export function protocolDoc(): string {
  return introduction + offeredTable() + knownTable();
}
