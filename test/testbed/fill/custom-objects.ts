import { hardData } from "./bulk.ts";

/** A body as text, because its numbers must reach the server as they are written here. */
export interface TextObject {
  readonly plural: string;
  readonly version: string;
  readonly cluster?: boolean;
  readonly text: string;
}

/** Custom objects with numbers, names, unknown fields and sizes that trip tools. */
export function customObjects(prefix: string): readonly TextObject[] {
  const group = `${prefix}.example.io`;
  const widget = (name: string, rest: string, metadata = ""): TextObject => ({
    plural: "widgets",
    version: "v1",
    text: `{"apiVersion":"${group}/v1","kind":"Widget","metadata":{"name":"${name}"${metadata}},${rest}}`,
  });
  return [
    widget(
      "numbers",
      '"spec":{"big":9007199254740993,"negative":-9223372036854775808,"whole":3.0,"small":0.10,"exponent":1.5e3,"ratio":999.5}',
    ),
    widget(
      "unknown-fields",
      '"spec":{"fancyNewField":{"deep":[{"a":null},[],{}]}},"topLevelExtra":{"status":"not the status","metadata":{"uid":"not the uid"}}',
    ),
    widget(
      "unicode",
      '"spec":{"text":"naïve 日本語 😀 \\u2028 %s %d","escaped":"\\"\\\\\\n\\t","key with space":1,"":"empty key"}',
    ),
    widget(
      "finalized",
      '"spec":{}',
      ',"finalizers":["example.io/keep"],"annotations":{"example.io/x":"100%"}',
    ),
    widget(
      "a.very-long.name-with.dots-and-dashes.that-goes-on.and-on.for-a-while.until-it-is-long",
      '"spec":{"replicas":3}',
    ),
    widget("large", `"spec":{"payload":"${hardData("large", 1_400_000)}"}`),
    {
      plural: "clusterthings",
      version: "v1beta1",
      cluster: true,
      text: `{"apiVersion":"${group}/v1beta1","kind":"ClusterThing","metadata":{"name":"${prefix}-thing"},"entries":[{"metadata":{"continue":"not a token"},"items":[]}],"spec":{}}`,
    },
  ];
}
