import type { FunctionComponent } from "preact";
import { lazy } from "preact-iso";

/** A page of the console. The frame, its navigation and the addresses of pages derive from this list. */
export interface PageDeclaration {
  readonly path: string;
  /** The text of its link in the navigation; a page without one is reached from another. */
  readonly title?: string;
  readonly component: FunctionComponent;
}

/** All pages, in the order of the navigation. Each is loaded when it is opened. */
export const PAGES: readonly PageDeclaration[] = [
  {
    path: "/",
    title: "Overview",
    component: lazy(() => import("./pages/overview/overview-page.js").then(({ OverviewPage }) => OverviewPage)),
  },
  {
    path: "/console/runs",
    title: "Runs",
    component: lazy(() => import("./pages/runs/runs-page.js").then(({ RunsPage }) => RunsPage)),
  },
  {
    path: "/console/partitions",
    title: "Partitions",
    component: lazy(() => import("./pages/partitions/partitions-page.js").then(({ PartitionsPage }) => PartitionsPage)),
  },
  {
    path: "/console/quality",
    title: "Quality",
    component: lazy(() => import("./pages/quality/quality-page.js").then(({ QualityPage }) => QualityPage)),
  },
  {
    path: "/console/runs/:id",
    component: lazy(() => import("./pages/runs/run-page.js").then(({ RunPage }) => RunPage)),
  },
  {
    path: "/console/quarantine",
    title: "Quarantine",
    component: lazy(() => import("./pages/quarantine/quarantine-page.js").then(({ QuarantinePage }) => QuarantinePage)),
  },
  {
    path: "/console/quarantine/:id",
    component: lazy(() => import("./pages/quarantine/record-page.js").then(({ RecordPage }) => RecordPage)),
  },
  {
    path: "/console/lineage",
    title: "Lineage",
    component: lazy(() => import("./pages/lineage/lineage-page.js").then(({ LineagePage }) => LineagePage)),
  },
  {
    path: "/console/privacy",
    title: "Privacy",
    component: lazy(() => import("./pages/privacy/requests-page.js").then(({ RequestsPage }) => RequestsPage)),
  },
  {
    path: "/console/privacy/requests/:id",
    component: lazy(() => import("./pages/privacy/request-page.js").then(({ RequestPage }) => RequestPage)),
  },
  {
    path: "/console/privacy/questions/:id",
    component: lazy(() => import("./pages/privacy/question-page.js").then(({ QuestionPage }) => QuestionPage)),
  },
  {
    path: "/console/privacy/erasures",
    component: lazy(() => import("./pages/privacy/erasures-page.js").then(({ ErasuresPage }) => ErasuresPage)),
  },
  {
    path: "/console/privacy/erasures/:id",
    component: lazy(() => import("./pages/privacy/erasure-page.js").then(({ ErasurePage }) => ErasurePage)),
  },
  {
    path: "/console/privacy/person",
    component: lazy(() => import("./pages/privacy/person-page.js").then(({ PersonPage }) => PersonPage)),
  },
  {
    path: "/console/privacy/restrictions",
    component: lazy(() =>
      import("./pages/privacy/restrictions-page.js").then(({ RestrictionsPage }) => RestrictionsPage),
    ),
  },
  {
    path: "/console/privacy/findings",
    component: lazy(() => import("./pages/privacy/findings-page.js").then(({ FindingsPage }) => FindingsPage)),
  },
  {
    path: "/console/privacy/data-map",
    component: lazy(() => import("./pages/privacy/data-map-page.js").then(({ DataMapPage }) => DataMapPage)),
  },
  {
    path: "/console/health",
    title: "Health",
    component: lazy(() => import("./pages/health/health-page.js").then(({ HealthPage }) => HealthPage)),
  },
];
