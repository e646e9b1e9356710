import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../../schema.graphql",
  documents: ["src/**/*.ts", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // Documents stay text, so nothing of GraphQL is needed when the program runs.
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        // What the JSON of each scalar is. BigInt is text there: a number would lose digits beyond 2^53.
        strictScalars: true,
        scalars: {
          DateTime: "string",
          UUID: "string",
          BigInt: { input: "string | number", output: "string" },
          Decimal: { input: "string | number", output: "string" },
          Inet: "string",
          JSON: "unknown",
        },
        emitLegacyCommonJSImports: false,
      },
    },
  },
};

export default config;
