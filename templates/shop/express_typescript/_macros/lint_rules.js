    // The runner waits for the tests of a file by itself.
    "@typescript-eslint/no-floating-promises": [
      "error",
      {
        allowForKnownSafeCalls: [
          { from: "package", name: "test", package: "node:test" },
        ],
      },
    ],
