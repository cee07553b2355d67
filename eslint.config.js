import js from "@eslint/js";

/** The page's scripts run in browsers, after Leaflet; those of tests in node. */
const BROWSER = [
  "Blob", "DOMMatrix", "HTMLDetailsElement", "HTMLElement", "HTMLInputElement", "L", "Path2D",
  "ResizeObserver", "URL", "document", "localStorage", "setTimeout", "window",
];

const rules = {
  complexity: ["error", 12],
  curly: ["error", "multi-line"],
  eqeqeq: "error",
  "max-len": ["error", { code: 110 }],
  "max-lines": ["error", 400],
  "max-lines-per-function": ["error", { max: 50, skipComments: true }],
  "no-shadow": "error",
  "no-underscore-dangle": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-arrow-callback": "error",
  "prefer-const": "error",
  "prefer-template": "error",
  "sort-imports": ["error", { ignoreDeclarationSort: true }],
};

export default [
  { ignores: ["gridgeo/maps/assets/leaflet.js"] },
  js.configs.recommended,
  {
    files: ["gridgeo/**/*.js"],
    languageOptions: { globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])) },
    rules: {
      ...rules,
      // what gridgeo/maps/bundle.py can link: named imports and exports of functions and constants
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration, ExportAllDeclaration", message: "name exports" },
        {
          selector: "ImportDefaultSpecifier, ImportNamespaceSpecifier, ImportExpression",
          message: "import by name",
        },
      ],
    },
  },
  {
    files: ["gridgeo/maps/assets/src/canvas.js"],
    rules: { "no-underscore-dangle": ["error", { allow: ["_fillStroke", "_map"] }] },
  },
  { files: ["tests/js/**/*.js"], languageOptions: { globals: { URL: "readonly" } }, rules },
];
