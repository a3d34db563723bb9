// A line per dataset. `create-datasets.ts` takes whatever stands here.
export { customers } from "./customers/dataset.js";
export { erasureRequests } from "./erasure-requests/dataset.js";
export { products } from "./products/dataset.js";
export { transactions } from "./transactions/dataset.js";
