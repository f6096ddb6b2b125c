    // A module may be a class with a decorator and nothing else.
    "@typescript-eslint/no-extraneous-class": [
      "error",
      { allowWithDecorator: true },
    ],
    // Nest's options are classes, and Express's requests are made by no
    // constructor: both are taken as they come.
    "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
