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
];
