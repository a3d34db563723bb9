// Who may import whom: the table in the README's layout, as rules. Workspace imports resolve to sources (`source` in the
// packages' exports), so a rule on a folder sees both `@lethe/x/y` and a relative path that leads there.

/** What each package may import of the others; itself it always may. */
const PACKAGE_IMPORTS = {
  contracts: [],
  privacy: ["contracts"],
  quality: ["contracts"],
  storage: ["contracts"],
  warehouse: ["contracts"],
  "service-kit": ["contracts"],
  "local-stack": ["contracts"],
  datasets: ["contracts", "privacy"],
  "sample-data": ["contracts", "datasets"],
  "input-files": ["contracts"],
  landing: ["contracts", "privacy", "input-files", "storage", "warehouse"],
  quarantine: ["contracts", "privacy", "datasets", "warehouse"],
  erasure: ["contracts", "privacy", "datasets", "input-files", "storage", "warehouse"],
  doctor: ["contracts", "privacy", "datasets", "storage", "warehouse", "service-kit"],
  lineage: ["contracts", "privacy", "datasets", "input-files", "storage", "warehouse"],
};

const packageRules = Object.entries(PACKAGE_IMPORTS).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join("-and-") || "itself"}`,
  severity: "error",
  // Tests may use the local servers.
  from: { path: `^packages/${name}/`, pathNot: "\\.test\\.ts$|^packages/[^/]+/test/" },
  to: { path: "^(packages|services)/", pathNot: [name, ...allowed].map((other) => `^packages/${other}/`) },
}));

module.exports = {
  forbidden: [
    ...packageRules,
    {
      name: "cli-imports-no-service",
      comment: "The command line starts services as processes; it does not load them.",
      severity: "error",
      from: { path: "^packages/cli/" },
      to: { path: "^services/" },
    },
    {
      name: "drills-import-no-service",
      comment: "They run services as processes of the build, as a user has them.",
      severity: "error",
      from: { path: "^packages/drills/" },
      to: {
        path: "^(packages|services)/",
        pathNot: "^packages/(drills|contracts|datasets|sample-data|local-stack|service-kit|test-kit|warehouse)/",
      },
    },
    {
      name: "nothing-imports-the-drills",
      severity: "error",
      from: { path: "^(packages|services)/", pathNot: "^packages/drills/" },
      to: { path: "^packages/drills/" },
    },
    {
      name: "the-product-imports-no-test-kit",
      comment: "Tests may, and the drills and the benchmark, which are no product.",
      severity: "error",
      from: {
        path: "^(packages|services)/",
        pathNot: ["^packages/(test-kit|drills)/", "\\.test\\.ts$", "^(packages|services)/[^/]+/test/"],
      },
      to: { path: "^packages/test-kit/" },
    },
    {
      name: "services-do-not-import-each-other",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "services-do-not-import-the-cli",
      severity: "error",
      from: { path: "^services/" },
      to: { path: "^packages/cli/" },
    },
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-unused-file",
      comment:
        "A source that neither a program nor a test or its setup leads to is left over. (Packages export all they have, so knip cannot tell.)",
      severity: "error",
      from: { path: ["/src/(main|thread|global-setup)\\.ts$", "\\.test\\.ts$", "^tests/"] },
      to: {
        path: "^(packages|services)/[^/]+/src/",
        pathNot: ["/src/(main|thread|global-setup)\\.ts$", "\\.test\\.ts$"],
        reachable: false,
      },
    },
    {
      name: "every-import-resolves",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-test-in-the-product",
      severity: "error",
      from: { pathNot: "\\.test\\.ts$" },
      to: { path: "\\.test\\.ts$" },
    },
    {
      name: "packages-are-listed",
      comment: "What a package imports stands in its own package.json; what its tests import may stand in the root's.",
      severity: "error",
      from: { pathNot: "\\.test\\.ts$|/test/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    // TypeScript 7 has no API for JavaScript, so swc parses; it sees imports of types, too.
    parser: "swc",
    tsPreCompilationDeps: true,
    // It does not parse TSX. What the console may import is what its package.json lists, and knip finds its unused files.
    exclude: { path: ["(^|/)(dist|bundle|coverage)/", "^packages/console/src/"] },
    doNotFollow: { path: ["node_modules"] },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "default"],
      extensions: [".ts", ".mjs", ".js", ".cjs", ".json"],
    },
    combinedDependencies: false,
  },
};
