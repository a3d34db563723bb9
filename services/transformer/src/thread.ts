import { serveBatches } from "./serve-batches.js";

serveBatches();
