    // A module may be a class with a decorator and nothing else.
    "@typescript-eslint/no-extraneous-class": [
      "error",
      { allowWithDecorator: true },
    ],
